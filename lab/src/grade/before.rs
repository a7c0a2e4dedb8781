//! Results of an earlier call that this one completes: of a class that was interrupted,
//! of submissions that could not be graded, or that have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::class::Class;
use super::head::{Head, take_rows};
use super::results::json;
use super::{GradeError, Graded, lesson, pairs};
use crate::exercise::Exercise;
use crate::exercise::submission::Submission;
use crate::exercise::values::Seed;

/// A results document.
#[derive(Debug, Default)]
pub struct Before {
    path: PathBuf,
    rows: Vec<Value>,
    /// The version of each exercise at that time.
    exercises: BTreeMap<String, Value>,
    students: usize,
    shard: Value,
    /// Whether everything that is given now is graded again.
    again: bool,
}

/// The owner of a row: a student's name and a lesson's.
type Whose = (String, String);

impl Before {
    /// Reads a document. A missing file has no rows. A document with another seed is an
    /// error, because its marks are for other inputs. `again`: grade again what is given,
    /// even if it has not changed.
    pub fn read(path: &Path, seed: Seed, again: bool) -> Result<Before, GradeError> {
        let path = path.to_owned();
        let failed = |reason: String| GradeError::Into { path: path.clone(), reason };
        let text = match std::fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Before::default()),
            result => result.map_err(|e| failed(e.to_string()))?,
        };
        let mut document: Value =
            serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        let rows = take_rows(&mut document).map_err(&failed)?;
        if document["seed"] != seed.0 {
            return Err(failed(format!("its seed is {}", document["seed"])));
        }
        let exercises = document["exercises"].as_object().cloned().unwrap_or_default();
        Ok(Before {
            rows,
            exercises: exercises.into_iter().collect(),
            students: document["students"].as_u64().unwrap_or(0).try_into().unwrap_or(0),
            shard: document["shard"].take(),
            again,
            path,
        })
    }

    /// Fails if rows of another version of their exercise, or of another part of the
    /// class, would stay beside new ones.
    pub fn check(
        &self,
        head: &Head,
        class: &Class,
        exercises: &[Exercise],
    ) -> Result<(), GradeError> {
        if let (Some(shard), Some(before)) = (head.shard, self.shard.as_array())
            && *before != [shard.0, shard.1]
        {
            let (part, of) = (&before[0], before.get(1).unwrap_or(&Value::Null));
            let reason = format!("it is part {part} of {of} of the class");
            return Err(GradeError::Into { path: self.path.clone(), reason });
        }
        let given: BTreeSet<Whose> = whose_of(class, exercises).collect();
        self.same_versions(head, &given)
    }

    fn same_versions(&self, head: &Head, given: &BTreeSet<Whose>) -> Result<(), GradeError> {
        let mut old = self.rows.iter().filter(|row| self.is_old(row, head));
        let left = match self.again {
            true => old.find(|row| !given.contains(&whose(row))),
            false => old.next(),
        };
        let Some(row) = left else { return Ok(()) };
        let (path, (student, lesson)) = (self.path.clone(), whose(row));
        Err(GradeError::OtherVersion { path, student, lesson, again: self.again })
    }

    /// Whether a row is of an exercise that is graded now and has changed since.
    fn is_old(&self, row: &Value, head: &Head) -> bool {
        let (_, lesson) = whose(row);
        let now = head.exercises.get(&lesson).map(String::as_str);
        now.is_some() && self.exercises.get(&lesson).and_then(Value::as_str) != now
    }

    /// Whether a student's submission was graded in a lesson, as it is now.
    pub fn has(&self, student: &str, lesson: &str, submission: &Submission) -> bool {
        let is_it = |row: &&Value| row["student"] == student && row["lesson"] == lesson;
        let row = self.rows.iter().find(is_it).filter(|_| !self.again);
        row.is_some_and(|row| {
            row["error"].is_null()
                && row["submission"] == submission.key()
                && row["ignored"] == Value::from(submission.ignored.clone())
        })
    }

    /// Combines these rows with new ones into a document, in the order of the class. Rows
    /// of other students come last. Rows of another version that were not graded again,
    /// because that was interrupted, are gone.
    pub fn and(
        mut self,
        graded: &[Graded],
        head: &Head,
        class: &Class,
        exercises: &[Exercise],
    ) -> Value {
        let mut document = json(head, graded);
        let mut before = std::mem::take(&mut self.rows);
        before.retain(|row| !self.is_old(row, head));
        let rows = document["results"].as_array_mut().expect("it was just made");
        *rows = merge(before, std::mem::take(rows), whose_of(class, exercises));
        let students: BTreeSet<String> = rows.iter().map(|row| whose(row).0).collect();
        document["students"] = head.students.max(self.students).max(students.len()).into();
        if head.shard.is_none() {
            document["shard"] = self.shard;
        }
        let versions = document["exercises"].as_object_mut().expect("it was just made");
        for (lesson, version) in self.exercises {
            versions.entry(lesson).or_insert(version);
        }
        document
    }
}

/// If both have a row for the same student and lesson, the new one counts.
fn merge(before: Vec<Value>, new: Vec<Value>, order: impl Iterator<Item = Whose>) -> Vec<Value> {
    let mut rest: Vec<Whose> = before.iter().map(whose).collect();
    let mut rows: BTreeMap<Whose, Value> =
        before.into_iter().chain(new).map(|row| (whose(&row), row)).collect();
    let mut merged: Vec<Value> = order.filter_map(|whose| rows.remove(&whose)).collect();
    merged.extend(rest.drain(..).filter_map(|whose| rows.remove(&whose)));
    merged
}

fn whose(row: &Value) -> Whose {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (text("student"), text("lesson"))
}

/// Whose rows a class has, in the order of the results.
fn whose_of<'a>(class: &'a Class, exercises: &'a [Exercise]) -> impl Iterator<Item = Whose> + 'a {
    pairs(class, exercises).map(|(student, exercise)| (student.name.clone(), lesson(exercise)))
}

#[cfg(test)]
mod tests {
    use explain::Explain;
    use serde_json::json;

    use super::*;

    fn submission(text: &str) -> Submission {
        let ignored = vec!["a".to_owned()];
        Submission { shown: PathBuf::new(), text: text.to_owned(), ignored }
    }

    fn row(student: &str, points: Option<u32>) -> Value {
        match points {
            Some(points) => json!({
                "student": student, "lesson": "x", "points": points, "error": null,
                "submission": submission("text").key(), "ignored": ["a"],
            }),
            None => json!({"student": student, "lesson": "x", "error": "no QEMU"}),
        }
    }

    fn before(rows: Vec<Value>) -> Before {
        let exercises = [("x".to_owned(), "v1".into()), ("old".to_owned(), "v0".into())].into();
        Before { rows, exercises, students: 3, ..Before::default() }
    }

    fn head(version: &str) -> Head {
        let exercises = [("x".to_owned(), version.to_owned())].into();
        Head { seed: Seed(7), exercises, students: 1, shard: None }
    }

    #[test]
    fn what_was_not_graded_or_has_changed_is_missing() {
        let mut before = before(vec![row("ann", Some(3)), row("bob", None)]);
        let has = |before: &Before, student, text| before.has(student, "x", &submission(text));
        assert!(has(&before, "ann", "text") && !has(&before, "ann", "other"));
        assert!(!has(&before, "bob", "text") && !has(&before, "eve", "text"));
        assert!(!before.has("ann", "y", &submission("text")));
        let with_another_file = Submission { ignored: Vec::new(), ..submission("text") };
        assert!(!before.has("ann", "x", &with_another_file));
        before.again = true;
        assert!(!has(&before, "ann", "text"));
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
    fn the_rest_of_the_document_stays() {
        let mut before = before(vec![row("ann", Some(3)), row("bob", None)]);
        before.shard = json!([1, 2]);
        let document = before.and(&[], &head("v1"), &Class::default(), &[]);
        assert_eq!(document["results"], json!([row("ann", Some(3)), row("bob", None)]));
        assert_eq!(document["exercises"], json!({"old": "v0", "x": "v1"}));
        assert_eq!((&document["students"], &document["shard"]), (&json!(3), &json!([1, 2])));
    }

    #[test]
    fn an_interrupted_regrading_leaves_no_old_rows() {
        let mut before = before(vec![row("ann", Some(3))]);
        before.again = true;
        let document = before.and(&[], &head("v2"), &Class::default(), &[]);
        assert_eq!(document["results"], json!([]));
        assert_eq!(document["exercises"]["x"], "v2");
    }

    #[test]
    fn rows_of_another_version_do_not_stay_beside_new_ones() {
        let whose = |student: &str| (student.to_owned(), "x".to_owned());
        let mut before = before(vec![row("ann", Some(3)), row("bob", Some(1))]);
        let both: BTreeSet<Whose> = ["ann", "bob"].map(whose).into();
        let ann: BTreeSet<Whose> = [whose("ann")].into();
        let told = |before: &Before, version, given| {
            before.same_versions(&head(version), given).map_err(|e| (e.to_string(), e.hint()))
        };
        let failed = |student: &str, hint: &str| {
            let told = format!(
                "failed to add to ``: its row of {student} in x is of another version of the exercise"
            );
            Err((told, Some(hint.to_owned())))
        };
        assert_eq!(told(&before, "v1", &ann), Ok(()));
        let hint = "`--regrade` grades again what is given";
        assert_eq!(told(&before, "v2", &both), failed("ann", hint));
        before.again = true;
        assert_eq!(told(&before, "v2", &both), Ok(()));
        let hint = "give this student's folder, too";
        assert_eq!(told(&before, "v2", &ann), failed("bob", hint));
    }

    #[test]
    fn another_part_of_the_class_is_refused() {
        let mut before = before(Vec::new());
        before.shard = json!([1, 2]);
        let check = |shard| {
            let head = Head { shard, ..head("v1") };
            before.check(&head, &Class::default(), &[]).map_err(|e| e.to_string())
        };
        assert_eq!((check(None), check(Some((1, 2)))), (Ok(()), Ok(())));
        let told = "failed to add to ``: it is part 1 of 2 of the class";
        assert_eq!(check(Some((2, 2))), Err(told.to_owned()));
    }

    #[test]
    fn another_seed_and_another_document_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.json");
        let error = |text: &str, seed| {
            std::fs::write(&path, text).unwrap();
            let error = Before::read(&path, Seed(seed), false).unwrap_err().to_string();
            error.rsplit("`: ").next().unwrap().to_owned()
        };
        let document = r#"{"version": 1, "seed": 7, "results": []}"#;
        assert_eq!(error(document, 8), "its seed is 7");
        assert_eq!(error("{}", 7), "its version is null");
        assert!(error("half", 7).starts_with("expected value"));
        std::fs::write(&path, document).unwrap();
        assert!(Before::read(&path, Seed(7), false).is_ok());
        let none = Before::read(&folder.path().join("none"), Seed(7), false).unwrap();
        assert!(none.rows.is_empty());
    }
}
