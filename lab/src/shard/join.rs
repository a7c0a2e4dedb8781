//! Joins what several machines did into what one machine would have done.
//!
//! Each machine writes a document that says which part of which work it did. Parts of
//! different work are refused, and so is anything that is missing or there twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use serde_json::Value;

use super::Shard;

/// What one machine did, in the order of the work.
#[derive(Debug)]
pub struct Part<T> {
    /// Where it was read.
    pub path: PathBuf,
    pub shard: Shard,
    /// What it says about the whole work. All parts must say the same.
    pub about: About,
    /// How much the whole work is.
    pub all: usize,
    pub done: Vec<T>,
}

/// What a document says about the work: each value with its name in words.
pub type About = Vec<(String, Value)>;

/// Joins all parts of some work, in any order, into the results of one machine.
pub fn join<T>(mut parts: Vec<Part<T>>) -> Result<Vec<T>, JoinError> {
    parts.sort_by_key(|part| part.shard);
    let Some((first, others)) = parts.split_first() else { return Err(JoinError::Nothing) };
    for other in others {
        is_like(other, first)?;
    }
    is_each_once(&parts)?;
    let (all, of) = (first.all, first.shard.of);
    for part in &parts {
        let (found, share) = (part.done.len(), part.shard.share(all));
        if found != share {
            return Err(JoinError::Unfinished { path: part.path.clone(), found, share });
        }
    }
    let mut dealt: Vec<_> = parts.into_iter().map(|part| part.done.into_iter()).collect();
    Ok((0..all).filter_map(|index| dealt[index % of].next()).collect())
}

/// Fails if two documents are about different work.
fn is_like<T>(here: &Part<T>, there: &Part<T>) -> Result<(), JoinError> {
    let paths = || (here.path.clone(), there.path.clone());
    for ((name, value), (_, other)) in here.about.iter().zip(&there.about) {
        if value != other {
            let ((path, than), name) = (paths(), name.clone());
            let (found, other) = (value.to_string(), other.to_string());
            return Err(JoinError::Unlike { path, name, found, than, other });
        }
    }
    if here.shard.of != there.shard.of {
        let ((path, than), of, other) = (paths(), here.shard.of, there.shard.of);
        return Err(JoinError::OtherParts { path, of, than, other });
    }
    Ok(())
}

/// Fails if a part is missing, or there twice.
fn is_each_once<T>(parts: &[Part<T>]) -> Result<(), JoinError> {
    let mut found: BTreeMap<usize, &Path> = BTreeMap::new();
    for Part { path, shard, .. } in parts {
        if let Some(first) = found.insert(shard.part, path) {
            let (path, first) = (path.clone(), first.to_owned());
            return Err(JoinError::Twice { path, shard: *shard, first });
        }
    }
    let of = parts.first().map_or(0, |part| part.shard.of);
    let is_missing = |part: &usize| !found.contains_key(part);
    let missing: Vec<Shard> = (1..=of).filter(is_missing).map(|part| Shard { of, part }).collect();
    if missing.is_empty() { Ok(()) } else { Err(JoinError::Missing { missing }) }
}

/// Why parts cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("there is nothing to merge")]
    Nothing,
    #[error("failed to merge `{}`: {reason}", path.display())]
    NoPart { path: PathBuf, reason: String },
    #[error(
        "failed to merge `{}`: its {name} is {found}, and that of `{}` is {other}",
        path.display(),
        than.display()
    )]
    Unlike { path: PathBuf, name: String, found: String, than: PathBuf, other: String },
    #[error(
        "failed to merge `{}`: it is one of {of} parts, and `{}` one of {other}",
        path.display(),
        than.display()
    )]
    OtherParts { path: PathBuf, of: usize, than: PathBuf, other: usize },
    #[error("failed to merge `{}`: it is part {shard}, as `{}` is", path.display(), first.display())]
    Twice { path: PathBuf, shard: Shard, first: PathBuf },
    #[error("failed to merge: {} missing", are(missing))]
    Missing { missing: Vec<Shard> },
    #[error(
        "failed to merge `{}`: it was not finished: it has {found} of its share of {share}",
        path.display()
    )]
    Unfinished { path: PathBuf, found: usize, share: usize },
}

/// Some parts and the verb.
fn are(parts: &[Shard]) -> String {
    let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
    match &names[..] {
        [one] => format!("part {one} is"),
        _ => format!("parts {} are", names.join(", ")),
    }
}

impl Explain for JoinError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            JoinError::Nothing | JoinError::NoPart { .. } => {
                "give the JSON that each `--shard` wrote".to_owned()
            }
            JoinError::Unlike { .. } | JoinError::OtherParts { .. } => {
                "one of them is of other work; give the parts of one, or do that part again"
                    .to_owned()
            }
            JoinError::Twice { .. } => "give one of the two".to_owned(),
            JoinError::Missing { missing } => {
                let shards: Vec<String> =
                    missing.iter().map(|shard| format!("`--shard {shard}`")).collect();
                format!("do what is missing on any machine: {}", shards.join(", "))
            }
            JoinError::Unfinished { .. } => "do this part again".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORK: [&str; 5] = ["ann", "bob", "cat", "dan", "eve"];

    fn part(shard: &str) -> Part<&'static str> {
        let shard: Shard = shard.parse().unwrap();
        Part {
            path: format!("{}.json", shard.part).into(),
            shard,
            about: vec![("lab".to_owned(), json!("0.1.0")), ("seed".to_owned(), json!(7))],
            all: WORK.len(),
            done: shard.take(WORK).collect(),
        }
    }

    fn joined(parts: Vec<Part<&'static str>>) -> Result<Vec<&'static str>, String> {
        join(parts).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_are_the_work_of_one_machine() {
        // Also more machines than work.
        for of in 1..=7 {
            // In any order of the files.
            let parts = (1..=of).rev().map(|k| part(&format!("{k}/{of}"))).collect();
            assert_eq!(joined(parts), Ok(WORK.to_vec()), "{of}");
        }
    }

    #[test]
    fn holes_are_all_named() {
        assert_eq!(joined(vec![]), Err("there is nothing to merge".to_owned()));
        let told = |parts: &[&str]| join(parts.iter().map(|k| part(k)).collect()).unwrap_err();
        let one = told(&["1/3", "3/3"]);
        assert_eq!(one.to_string(), "failed to merge: part 2/3 is missing");
        let two = told(&["2/4", "4/4"]);
        assert_eq!(two.to_string(), "failed to merge: parts 1/4, 3/4 are missing");
        let hint = "do what is missing on any machine: `--shard 1/4`, `--shard 3/4`";
        assert_eq!(two.hint().as_deref(), Some(hint));
    }

    #[test]
    fn what_is_there_twice_is_refused() {
        let mut again = part("1/2");
        again.path = "again.json".into();
        assert_eq!(
            joined(vec![part("1/2"), again, part("2/2")]),
            Err("failed to merge `again.json`: it is part 1/2, as `1.json` is".to_owned())
        );
    }

    #[test]
    fn parts_of_other_work_are_refused() {
        let mut other = part("2/2");
        other.about[1].1 = json!(8);
        assert_eq!(
            joined(vec![part("1/2"), other]),
            Err("failed to merge `2.json`: its seed is 8, and that of `1.json` is 7".to_owned())
        );
        assert_eq!(
            joined(vec![part("1/2"), part("2/3"), part("3/3")]),
            Err("failed to merge `2.json`: it is one of 3 parts, and `1.json` one of 2".to_owned())
        );
    }

    #[test]
    fn what_was_not_finished_is_refused() {
        let mut half = part("1/2");
        half.done.pop();
        let told = "failed to merge `1.json`: it was not finished: it has 2 of its share of 3";
        assert_eq!(joined(vec![half, part("2/2")]), Err(told.to_owned()));
    }
}
