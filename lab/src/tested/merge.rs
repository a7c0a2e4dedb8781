//! Joins the parts of a suite that ran on several machines.

use std::path::Path;

use serde_json::json;

use super::results::VERSION;
use super::{Document, Tested};
use crate::shard::Shard;
use crate::shard::join::{JoinError, Part, join};

/// Reads the document of one part, or of a whole suite.
pub fn read_part(path: &Path) -> Result<(Document, Part<Tested>), JoinError> {
    let failed = |reason: String| JoinError::NoPart { path: path.to_owned(), reason };
    let text = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
    let document = serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
    part(path, document).map_err(failed)
}

/// The error says why the document is no part of anything.
fn part(path: &Path, mut document: Document) -> Result<(Document, Part<Tested>), String> {
    if document.version != VERSION {
        return Err(format!("its version is {}", document.version));
    }
    let head = &document.head;
    if head.list.is_empty() {
        return Err("it does not say of which suite it is".to_owned());
    }
    let about = [
        ("lab", json!(head.lab)),
        ("kernel", json!(head.kernel)),
        ("suite", json!(head.suite)),
        ("list of programs", json!(head.list)),
        ("number of programs", json!(head.programs)),
        ("hash of machine and options", json!(head.machine)),
    ];
    let part = Part {
        path: path.to_owned(),
        shard: head.shard.unwrap_or(Shard::WHOLE),
        about: about.map(|(name, value)| (name.to_owned(), value)).into(),
        all: head.programs,
        done: std::mem::take(&mut document.tests),
    };
    Ok((document, part))
}

/// Joins all parts of a suite into the document that one machine gives. Parts of different
/// suites, kernels or labs are refused, and so is anything that is missing or there twice.
pub fn merge(all: Vec<(Document, Part<Tested>)>) -> Result<Document, JoinError> {
    let (documents, parts): (Vec<Document>, Vec<_>) = all.into_iter().unzip();
    let tests = join(parts)?;
    // They agree about everything except the part.
    let head = documents.into_iter().next().ok_or(JoinError::Nothing)?.head;
    Ok(Document::new(super::Head { shard: None, ..head }, tests))
}

#[cfg(test)]
mod tests {
    use super::super::{Head, Outcome};
    use super::*;

    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn document(shard: Option<&str>) -> Document {
        let shard: Option<Shard> = shard.map(|shard| shard.parse().unwrap());
        let head = Head {
            lab: "0.1.0".to_owned(),
            kernel: "6.12.1".to_owned(),
            suite: "calls".to_owned(),
            list: "l1".to_owned(),
            machine: "m1".to_owned(),
            programs: NAMES.len(),
            shard,
        };
        let tests = shard.unwrap_or(Shard::WHOLE).take(NAMES).map(|name| Tested {
            name: name.to_owned(),
            outcome: Outcome::Passed,
            status: Some(0),
            said: None,
            output: None,
            unlike: None,
        });
        Document::new(head, tests.collect())
    }

    fn merged(documents: Vec<Document>) -> Result<Document, String> {
        let parts = documents.into_iter().enumerate().map(|(index, document)| {
            let path = format!("{index}.json");
            let failed = |reason| JoinError::NoPart { path: path.clone().into(), reason };
            part(Path::new(&path), document).map_err(failed)
        });
        let parts = parts.collect::<Result<Vec<_>, _>>();
        parts.and_then(merge).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_make_the_document_of_one_machine() {
        for of in 1..=6 {
            let part = |part| document(Some(&format!("{part}/{of}")));
            assert_eq!(merged((1..=of).rev().map(part).collect()), Ok(document(None)), "{of}");
        }
        assert_eq!(merged(vec![document(None)]), Ok(document(None)));
    }

    #[test]
    fn parts_of_another_suite_or_lab_are_refused() {
        let with = |change: fn(&mut Head)| {
            let mut second = document(Some("2/2"));
            change(&mut second.head);
            merged(vec![document(Some("1/2")), second]).unwrap_err()
        };
        let unlike = |found: &str, there: &str| {
            format!("failed to merge `1.json`: its {found}, and that of `0.json` is {there}")
        };
        let told = with(|head| head.lab = "0.2.0".to_owned());
        assert_eq!(told, unlike("lab is \"0.2.0\"", "\"0.1.0\""));
        let told = with(|head| head.kernel = "6.12.2".to_owned());
        assert_eq!(told, unlike("kernel is \"6.12.2\"", "\"6.12.1\""));
        let told = with(|head| head.suite = "other".to_owned());
        assert_eq!(told, unlike("suite is \"other\"", "\"calls\""));
        let told = with(|head| head.list = "l2".to_owned());
        assert_eq!(told, unlike("list of programs is \"l2\"", "\"l1\""));
        let told = with(|head| head.machine = "m2".to_owned());
        assert_eq!(told, unlike("hash of machine and options is \"m2\"", "\"m1\""));
        let told = with(|head| head.programs = 4);
        assert_eq!(told, unlike("number of programs is 4", "5"));
        let told = with(|head| *head = Head::default());
        assert_eq!(told, "failed to merge `1.json`: it does not say of which suite it is");
    }

    #[test]
    fn holes_and_overlaps_are_refused() {
        let of = |shards: &[&str]| {
            merged(shards.iter().map(|shard| document(Some(shard))).collect()).unwrap_err()
        };
        assert_eq!(of(&["1/3", "3/3"]), "failed to merge: part 2/3 is missing");
        let told = "failed to merge `1.json`: it is part 1/2, as `0.json` is";
        assert_eq!(of(&["1/2", "1/2"]), told);
        let mut half = document(Some("1/2"));
        half.tests.pop();
        let told = "failed to merge `0.json`: it was not finished: it has 2 of its share of 3";
        assert_eq!(merged(vec![half, document(Some("2/2"))]), Err(told.to_owned()));
    }
}
