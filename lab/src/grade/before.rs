//! Results of an earlier call that this one completes: of a class that was interrupted,
//! or of submissions that could not be graded.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

use super::class::Class;
use super::results::{VERSION, json};
use super::{GradeError, Graded, lesson, pairs};
use crate::exercise::Exercise;
use crate::exercise::values::Seed;

/// The rows of a results document.
#[derive(Debug, Default)]
pub struct Before(Vec<Value>);

/// The owner of a row: a student's name and a lesson's.
type Whose = (String, String);

impl Before {
    /// Reads a document. A missing file has no rows. A document with another seed is an
    /// error, because its marks are for other inputs.
    pub fn read(path: &Path, seed: Seed) -> Result<Before, GradeError> {
        let failed = |reason: String| GradeError::Into { path: path.to_owned(), reason };
        let text = match std::fs::read(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Before::default()),
            result => result.map_err(|e| failed(e.to_string()))?,
        };
        let mut document: Value =
            serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        if document["version"] != VERSION {
            return Err(failed(format!("its version is {}", document["version"])));
        }
        if document["seed"] != seed.0 {
            return Err(failed(format!("its seed is {}", document["seed"])));
        }
        match document["results"].take() {
            Value::Array(rows) => Ok(Before(rows)),
            _ => Err(failed("it has no results".to_owned())),
        }
    }

    /// Whether a student was graded in a lesson.
    pub fn has(&self, student: &str, lesson: &str) -> bool {
        let is_it = |row: &&Value| row["student"] == student && row["lesson"] == lesson;
        self.0.iter().find(is_it).is_some_and(|row| row["error"].is_null())
    }

    /// Combines these rows with new ones into a document, in the order of the class. Rows
    /// of other students come last.
    pub fn and(
        self,
        graded: &[Graded],
        seed: Seed,
        class: &Class,
        exercises: &[Exercise],
    ) -> Value {
        let order = pairs(class, exercises)
            .map(|(student, exercise)| (student.name.clone(), lesson(exercise)));
        let mut document = json(seed, graded);
        let rows = document["results"].as_array_mut().expect("it was just made");
        *rows = merge(self.0, std::mem::take(rows), order);
        document
    }
}

/// If both have a row for the same student and lesson, the new one counts.
fn merge(before: Vec<Value>, new: Vec<Value>, order: impl Iterator<Item = Whose>) -> Vec<Value> {
    let whose = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (text("student"), text("lesson"))
    };
    let mut rest: Vec<Whose> = before.iter().map(whose).collect();
    let mut rows: BTreeMap<Whose, Value> =
        before.into_iter().chain(new).map(|row| (whose(&row), row)).collect();
    let mut merged: Vec<Value> = order.filter_map(|whose| rows.remove(&whose)).collect();
    merged.extend(rest.drain(..).filter_map(|whose| rows.remove(&whose)));
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(student: &str, points: Option<u32>) -> Value {
        match points {
            Some(points) => {
                json!({"student": student, "lesson": "x", "points": points, "error": null})
            }
            None => json!({"student": student, "lesson": "x", "error": "no QEMU"}),
        }
    }

    #[test]
    fn what_was_not_graded_is_missing() {
        let before = Before(vec![row("ann", Some(3)), row("bob", None)]);
        let has = |student: &str| before.has(student, "x");
        assert_eq!(["ann", "bob", "eve"].map(has), [true, false, false]);
        assert!(!before.has("ann", "y"));
    }

    #[test]
    fn new_rows_replace_old_ones_in_the_order_of_the_class() {
        let before = vec![row("zoe", Some(1)), row("bob", None), row("ann", Some(3))];
        let order = ["ann", "bob", "eve"].map(|name| (name.to_owned(), "x".to_owned()));
        let merged =
            merge(before, vec![row("eve", Some(6)), row("bob", Some(5))], order.into_iter());
        let expected =
            [row("ann", Some(3)), row("bob", Some(5)), row("eve", Some(6)), row("zoe", Some(1))];
        assert_eq!(merged, expected);
    }

    #[test]
    fn another_seed_and_another_document_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.json");
        let error = |text: &str, seed| {
            std::fs::write(&path, text).unwrap();
            let error = Before::read(&path, Seed(seed)).unwrap_err().to_string();
            error.rsplit("`: ").next().unwrap().to_owned()
        };
        let document = r#"{"version": 1, "seed": 7, "results": []}"#;
        assert_eq!(error(document, 8), "its seed is 7");
        assert_eq!(error("{}", 7), "its version is null");
        assert!(error("half", 7).starts_with("expected value"));
        std::fs::write(&path, document).unwrap();
        assert!(Before::read(&path, Seed(7)).is_ok());
        assert!(Before::read(&folder.path().join("none"), Seed(7)).unwrap().0.is_empty());
    }
}
