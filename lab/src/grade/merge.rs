//! Joins the parts of a class that were graded on several machines.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::GradeError;
use super::head::take_rows;

/// A results document, and where it was read.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    document: Value,
    /// Which part of how many it is, from 1.
    part: usize,
    of: usize,
    /// The rows of each student, in the order of the class.
    students: Vec<Vec<Value>>,
}

impl Part {
    /// Reads a document.
    pub fn read(path: &Path) -> Result<Part, GradeError> {
        let failed = |reason: String| GradeError::Merge { path: path.to_owned(), reason };
        let text = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let document = serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        Part::new(path, document)
    }

    fn new(path: &Path, mut document: Value) -> Result<Part, GradeError> {
        let failed = |reason: String| GradeError::Merge { path: path.to_owned(), reason };
        let rows = take_rows(&mut document).map_err(&failed)?;
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        let shard = &document["shard"];
        let (part, of) = match (shard.is_null(), number(&shard[0]), number(&shard[1])) {
            (true, ..) => (1, 1),
            (false, Some(part), Some(of)) if 1 <= part && part <= of => (part, of),
            _ => return Err(failed(format!("its part is {shard}"))),
        };
        let mut students: Vec<Vec<Value>> = Vec::new();
        for row in rows {
            match students.last_mut() {
                Some(last) if last[0]["student"] == row["student"] => last.push(row),
                _ => students.push(vec![row]),
            }
        }
        Ok(Part { path: path.to_owned(), document, part, of, students })
    }

    /// Fails if a student or a row is missing.
    fn is_whole(&self, class: usize, exercises: usize) -> Result<(), GradeError> {
        let students = (0..class).filter(|index| index % self.of == self.part - 1).count();
        let rows: usize = self.students.iter().map(Vec::len).sum();
        if self.students.len() != students || rows != students * exercises {
            return Err(self.failed(format!(
                "it has {rows} rows of {} students, not {} of {students}",
                self.students.len(),
                students * exercises
            )));
        }
        Ok(())
    }

    fn failed(&self, reason: String) -> GradeError {
        GradeError::Merge { path: self.path.clone(), reason }
    }
}

/// Joins all parts of a class into the document that one machine gives, without its
/// gradebook. Parts of different classes, seeds or versions are refused, and so is
/// anything that is missing or there twice.
pub fn merge(mut parts: Vec<Part>) -> Result<Value, GradeError> {
    parts.sort_by_key(|part| part.part);
    let [first, others @ ..] = &parts[..] else { return Err(GradeError::Nobody) };
    for other in others {
        for name in ["lab", "seed", "exercises", "students"] {
            let (here, there) = (&other.document[name], &first.document[name]);
            if here != there {
                let path = first.path.display();
                let reason = format!("its {name} is {here}, and that of `{path}` is {there}");
                return Err(other.failed(reason));
            }
        }
        if other.of != first.of {
            let reason = format!("it is a part of {}, and not of {}", other.of, first.of);
            return Err(other.failed(reason));
        }
    }
    let of = first.of;
    for part in 1..=of {
        let mut found = parts.iter().filter(|other| other.part == part);
        let Some(one) = found.next() else {
            return Err(first.failed(format!("part {part} of {of} is missing")));
        };
        if let Some(twice) = found.next() {
            let path = one.path.display();
            return Err(twice.failed(format!("it is part {part}, as `{path}` is")));
        }
    }
    let class = first.document["students"].as_u64().unwrap_or(0).try_into().unwrap_or(0);
    let exercises = first.document["exercises"].as_object().map_or(0, serde_json::Map::len);
    for part in &parts {
        part.is_whole(class, exercises)?;
    }
    let mut document = parts[0].document.take();
    // Students were dealt out one by one.
    let mut dealt: Vec<_> = parts.into_iter().map(|part| part.students.into_iter()).collect();
    let rows = (0..class).filter_map(|index| dealt[index % of].next()).flatten();
    document["results"] = rows.collect();
    document["shard"] = Value::Null;
    Ok(document)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLASS: [&str; 5] = ["ann", "bob", "cat", "dan", "eve"];

    fn document(part: usize, of: usize) -> Value {
        let students = CLASS.iter().enumerate().filter(|(index, _)| index % of == part - 1);
        let rows = students.flat_map(|(_, student)| {
            ["x", "y"].map(|lesson| json!({"student": student, "lesson": lesson}))
        });
        let shard = if of == 1 { Value::Null } else { json!([part, of]) };
        json!({
            "version": 1, "lab": "0.1.0", "seed": 7, "students": 5, "shard": shard,
            "exercises": {"x": "v1", "y": "v2"}, "results": rows.collect::<Vec<_>>(),
        })
    }

    fn merged(documents: Vec<Value>) -> Result<Value, String> {
        let read = |(index, document)| Part::new(Path::new(&format!("{index}.json")), document);
        let parts = documents.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>();
        parts.and_then(merge).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_make_the_document_of_one_machine() {
        let whole = document(1, 1);
        assert_eq!(merged(vec![whole.clone()]), Ok(whole.clone()));
        for of in 2..=6 {
            // In any order of the files.
            let parts = (1..=of).rev().map(|part| document(part, of)).collect();
            assert_eq!(merged(parts), Ok(whole.clone()), "{of}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let with = |name: &str, value: Value| {
            let mut second = document(2, 2);
            second[name] = value;
            merged(vec![document(1, 2), second]).unwrap_err()
        };
        let failed = |reason: &str| format!("failed to merge {reason}");
        assert_eq!(
            with("seed", json!(8)),
            failed("`1.json`: its seed is 8, and that of `0.json` is 7")
        );
        let told = "`1.json`: its lab is \"0.2.0\", and that of `0.json` is \"0.1.0\"";
        assert_eq!(with("lab", json!("0.2.0")), failed(told));
        let told = "`1.json`: its students is 6, and that of `0.json` is 5";
        assert_eq!(with("students", json!(6)), failed(told));
        assert!(with("exercises", json!({})).contains("its exercises is {}"));
        assert_eq!(
            with("shard", json!([2, 3])),
            failed("`1.json`: it is a part of 3, and not of 2")
        );
        assert_eq!(with("shard", json!([1, 2])), failed("`1.json`: it is part 1, as `0.json` is"));
        assert_eq!(with("shard", json!([3, 2])), failed("`1.json`: its part is [3,2]"));
        assert_eq!(with("version", json!(2)), failed("`1.json`: its version is 2"));
        assert_eq!(with("results", Value::Null), failed("`1.json`: it has no results"));
        let hole = merged(vec![document(1, 3), document(3, 3)]).unwrap_err();
        assert_eq!(hole, failed("`0.json`: part 2 of 3 is missing"));
    }

    #[test]
    fn a_part_that_was_not_finished_is_refused() {
        let with = |remove: usize| {
            let mut second = document(2, 2);
            second["results"].as_array_mut().unwrap().drain(..remove);
            merged(vec![document(1, 2), second]).unwrap_err()
        };
        let told =
            |found: &str| format!("failed to merge `1.json`: it has {found} students, not 4 of 2");
        assert_eq!((with(1), with(2)), (told("3 rows of 2"), told("2 rows of 1")));
    }
}
