//! Results of an earlier call that this one completes: of a class that was interrupted,
//! of submissions that could not be graded, or that have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use story::lesson::Name;

use super::class::Class;
use super::head::{Head, key_of, take_rows};
use super::results;
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
    /// A hash of the names of the class at that time, and their number.
    class: Value,
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
            class: document["class"].take(),
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
        if let Some(shard) = head.shard
            && !self.shard.is_null()
            && self.shard != json!(shard)
        {
            let (part, of) = (&self.shard[0], &self.shard[1]);
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

    /// Combines these rows with new ones into a document, in the order of names and of the
    /// `course`, whichever students were graded now. Rows of another version that were not
    /// graded again, because that was interrupted, are gone.
    pub fn and(mut self, graded: &[Graded], head: &Head, course: &[Name]) -> Value {
        let mut document = results::json(head, graded);
        let mut before = std::mem::take(&mut self.rows);
        before.retain(|row| !self.is_old(row, head));
        let rows = document["results"].as_array_mut().expect("it was just made");
        let place = |lesson: &str| course.iter().position(|name| name.as_str() == lesson);
        *rows = merge(before, std::mem::take(rows), place);
        let mut known: BTreeSet<String> = rows.iter().map(|row| whose(row).0).collect();
        // A file stays what it was, a whole class or a part of it.
        if !self.path.as_os_str().is_empty() {
            document["shard"] = self.shard;
        }
        if document["shard"].is_null() {
            known.extend(head.class.iter().cloned());
            document["class"] = key_of(&known).into();
        } else if head.shard.is_none() {
            // Only some students were given now, and the file has only a part of them.
            document["class"] = self.class;
        }
        document["students"] = head.class.len().max(self.students).max(known.len()).into();
        let versions = document["exercises"].as_object_mut().expect("it was just made");
        for (lesson, version) in self.exercises {
            versions.entry(lesson).or_insert(version);
        }
        document
    }
}

/// If both have a row for the same student and lesson, the new one counts. `place` is that
/// of a lesson in the course, if it is still there.
fn merge(before: Vec<Value>, new: Vec<Value>, place: impl Fn(&str) -> Option<usize>) -> Vec<Value> {
    let key = |row: &Value| {
        let (student, lesson) = whose(row);
        (student, place(&lesson).unwrap_or(usize::MAX), lesson)
    };
    let rows = before.into_iter().chain(new).map(|row| (key(&row), row));
    rows.collect::<BTreeMap<_, _>>().into_values().collect()
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

    use super::*;
    use crate::shard::Shard;

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
        Before { path: "marks".into(), rows, exercises, students: 3, ..Before::default() }
    }

    fn head(version: &str) -> Head {
        let exercises = [("x".to_owned(), version.to_owned())].into();
        Head { seed: Seed(7), exercises, class: ["ann".to_owned()].into(), shard: None }
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
    fn new_rows_replace_old_ones_in_the_order_of_names_and_of_the_course() {
        let of = |student: &str, lesson: &str, points| {
            let mut row = row(student, points);
            row["lesson"] = lesson.into();
            row
        };
        let before = vec![
            of("zoe", "y", Some(1)),
            of("zoe", "x", Some(2)),
            of("bob", "gone", Some(7)),
            of("bob", "y", None),
            of("ann", "y", Some(3)),
        ];
        let new = vec![of("eve", "y", Some(6)), of("bob", "y", Some(5))];
        let merged = merge(before, new, |lesson| ["y", "x"].iter().position(|l| *l == lesson));
        let expected = [
            of("ann", "y", Some(3)),
            of("bob", "y", Some(5)),
            of("bob", "gone", Some(7)),
            of("eve", "y", Some(6)),
            of("zoe", "y", Some(1)),
            of("zoe", "x", Some(2)),
        ];
        assert_eq!(merged, expected);
    }

    #[test]
    fn the_rest_of_the_document_stays() {
        let mut before = before(vec![row("ann", Some(3)), row("bob", None)]);
        before.shard = json!([1, 2]);
        before.class = "of three".into();
        let document = before.and(&[], &head("v1"), &[]);
        assert_eq!(document["results"], json!([row("ann", Some(3)), row("bob", None)]));
        assert_eq!(document["exercises"], json!({"old": "v0", "x": "v1"}));
        assert_eq!((&document["students"], &document["shard"]), (&json!(3), &json!([1, 2])));
        assert_eq!(document["class"], "of three");
    }

    #[test]
    fn a_file_of_the_whole_class_knows_all_who_were_ever_in_it() {
        // Also if what is graded now is a part of it, or one student.
        for shard in [None, Some("1/2".parse().unwrap())] {
            let document =
                before(vec![row("bob", None)]).and(&[], &Head { shard, ..head("v1") }, &[]);
            assert_eq!(document["class"], key_of(["ann", "bob"]));
            assert_eq!(document["shard"], Value::Null);
        }
    }

    #[test]
    fn an_interrupted_regrading_leaves_no_old_rows() {
        let mut before = before(vec![row("ann", Some(3))]);
        before.again = true;
        let document = before.and(&[], &head("v2"), &[]);
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
                "failed to add to `marks`: its row of {student} in x is of another version of the exercise"
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
        let part = |shard: &str| Some(shard.parse::<Shard>().unwrap());
        assert_eq!((check(None), check(part("1/2"))), (Ok(()), Ok(())));
        let told = "failed to add to `marks`: it is part 1 of 2 of the class";
        assert_eq!(check(part("2/2")), Err(told.to_owned()));
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
