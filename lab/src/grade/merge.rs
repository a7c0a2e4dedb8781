//! Joins the parts of a class that were graded on several machines.

use std::collections::BTreeMap;
use std::path::Path;

use explain::visible;
use serde_json::{Value, json};

use super::head::{key_of, take_rows};
use crate::shard::Shard;
use crate::shard::join::{About, JoinError, Part, join};

/// A results document without its rows, and all that is known of each student of it.
#[derive(Debug)]
pub struct Marks {
    document: Value,
    part: Part<Student>,
}

/// The rows of a student, one for each exercise.
type Student = Vec<Value>;

impl Marks {
    /// Reads a document.
    pub fn read(path: &Path) -> Result<Marks, JoinError> {
        let failed = |reason: String| JoinError::NoPart { path: path.to_owned(), reason };
        let text = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let document = serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        Marks::new(path, document).map_err(failed)
    }

    /// The error says why the document cannot be used.
    fn new(path: &Path, mut document: Value) -> Result<Marks, String> {
        let rows = take_rows(&mut document)?;
        let shard: Option<Shard> =
            serde_json::from_value(document["shard"].take()).map_err(|e| e.to_string())?;
        let exercises = document["exercises"].as_object().cloned().unwrap_or_default();
        let all = document["students"].as_u64().and_then(|number| number.try_into().ok());
        let mut about: About = [("lab", "lab"), ("seed", "seed"), ("class", "class")]
            .map(|(name, key)| (name.to_owned(), document[key].clone()))
            .into();
        about.push(("number of students".to_owned(), document["students"].clone()));
        // First which they are, so that the versions after it are of the same exercises.
        let lessons: Vec<&String> = exercises.keys().collect();
        about.push(("list of exercises".to_owned(), json!(lessons)));
        let version = |(lesson, version)| (format!("version of {lesson}"), version);
        about.extend(exercises.clone().into_iter().map(version));
        let part = Part {
            path: path.to_owned(),
            shard: shard.unwrap_or(Shard::WHOLE),
            about,
            all: all.ok_or("it does not say how many students the class has")?,
            done: students(rows, &exercises)?,
        };
        Ok(Marks { document, part })
    }
}

/// The rows by student, in their order.
fn students(
    rows: Vec<Value>,
    exercises: &serde_json::Map<String, Value>,
) -> Result<Vec<Student>, String> {
    let mut students: Vec<Student> = Vec::new();
    for row in rows {
        match students.last_mut() {
            Some(last) if last[0]["student"] == row["student"] => last.push(row),
            _ => students.push(vec![row]),
        }
    }
    for rows in &students {
        let mut found: BTreeMap<&str, usize> =
            exercises.keys().map(|lesson| (lesson.as_str(), 0)).collect();
        for row in rows {
            *found.entry(row["lesson"].as_str().unwrap_or_default()).or_default() += 1;
        }
        if let Some((lesson, count)) = found.into_iter().find(|(_, count)| *count != 1) {
            let student = visible(rows[0]["student"].as_str().unwrap_or_default());
            return Err(format!("it has {count} rows of {student} in {}", visible(lesson)));
        }
    }
    Ok(students)
}

/// Joins all parts of a class into the document that one machine gives, without its
/// gradebook. Parts of different classes, seeds or labs are refused, and so is anything
/// that is missing or there twice.
pub fn merge(all: Vec<Marks>) -> Result<Value, JoinError> {
    let (documents, parts): (Vec<_>, Vec<_>) =
        all.into_iter().map(|marks| (marks.document, marks.part)).unzip();
    let first = parts.first().map(|part| part.path.clone()).unwrap_or_default();
    let students = join(parts)?;
    // They agree about everything except the part, which was taken out.
    let mut document = documents.into_iter().next().ok_or(JoinError::Nothing)?;
    let names = students.iter().map(|rows| rows[0]["student"].as_str().unwrap_or_default());
    // Marks of earlier do not say whose they are.
    if !document["class"].is_null() && document["class"] != key_of(names) {
        let reason = "its students are not those that the class has".to_owned();
        return Err(JoinError::NoPart { path: first, reason });
    }
    document["results"] = students.into_iter().flatten().collect();
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: [&str; 5] = ["ann", "bob", "cat", "dan", "eve"];

    fn document(shard: Option<&str>) -> Value {
        let shard: Option<Shard> = shard.map(|shard| shard.parse().unwrap());
        let students = shard.unwrap_or(Shard::WHOLE).take(CLASS);
        let rows = students
            .flat_map(|student| ["y", "x"].map(|l| json!({"student": student, "lesson": l})));
        json!({
            "version": 1, "lab": "0.1.0", "seed": 7, "class": key_of(CLASS), "students": 5,
            "shard": shard, "exercises": {"x": "v1", "y": "v2"},
            "results": rows.collect::<Vec<_>>(), "gradebook": "of this part",
        })
    }

    fn merged(documents: Vec<Value>) -> Result<Value, String> {
        let read = |(index, document)| {
            let path = format!("{index}.json");
            let failed = |reason| JoinError::NoPart { path: path.clone().into(), reason };
            Marks::new(Path::new(&path), document).map_err(failed)
        };
        let parts = documents.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>();
        parts.and_then(merge).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_make_the_document_of_one_machine() {
        let whole = document(None);
        assert_eq!(merged(vec![whole.clone()]), Ok(whole.clone()));
        for of in 1..=6 {
            // In any order of the files.
            let part = |part| document(Some(&format!("{part}/{of}")));
            assert_eq!(merged((1..=of).rev().map(part).collect()), Ok(whole.clone()), "{of}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let with = |name: &str, value: Value| {
            let mut second = document(Some("2/2"));
            second[name] = value;
            merged(vec![document(Some("1/2")), second]).unwrap_err()
        };
        let failed = |reason: &str| format!("failed to merge `1.json`: {reason}");
        let unlike = |found: &str, there: &str| {
            failed(&format!("its {found}, and that of `0.json` is {there}"))
        };
        assert_eq!(with("seed", json!(8)), unlike("seed is 8", "7"));
        assert_eq!(with("lab", json!("0.2.0")), unlike("lab is \"0.2.0\"", "\"0.1.0\""));
        assert_eq!(with("students", json!(6)), unlike("number of students is 6", "5"));
        let class = format!("{:?}", key_of(CLASS));
        assert_eq!(with("class", json!("other")), unlike("class is \"other\"", &class));
        let exercises = json!({"x": "v1+debug", "y": "v2"});
        let told = unlike("version of x is \"v1+debug\"", "\"v1\"");
        assert_eq!(with("exercises", exercises), told);
        assert_eq!(
            with("shard", json!([2, 3])),
            failed("it is one of 3 parts, and `0.json` one of 2")
        );
        assert_eq!(with("shard", json!([1, 2])), failed("it is part 1/2, as `0.json` is"));
        assert_eq!(with("shard", json!([3, 2])), failed("there is no part 3 of 2"));
        assert_eq!(with("version", json!(2)), failed("its version is 2"));
        assert_eq!(with("results", Value::Null), failed("it has no results"));
        let hole = merged(vec![document(Some("1/3")), document(Some("3/3"))]).unwrap_err();
        assert_eq!(hole, "failed to merge: part 2/3 is missing");
        let mut one = document(Some("1/1"));
        one["exercises"] = json!({"x": "v1", "y": "v2", "z": "v3"});
        one["results"].as_array_mut().unwrap().truncate(0);
        let other = merged(vec![one, document(Some("1/1"))]).unwrap_err();
        let told = "its list of exercises is [\"x\",\"y\"], and that of `0.json` is \
                    [\"x\",\"y\",\"z\"]";
        assert_eq!(other, failed(told));
    }

    #[test]
    fn another_class_of_the_same_size_is_refused() {
        let mut second = document(Some("2/2"));
        for row in second["results"].as_array_mut().unwrap() {
            if row["student"] == "dan" {
                row["student"] = "bert".into();
            }
        }
        assert_eq!(
            merged(vec![document(Some("1/2")), second]).unwrap_err(),
            "failed to merge `0.json`: its students are not those that the class has"
        );
    }

    #[test]
    fn a_part_that_was_not_finished_is_refused() {
        let with = |remove: usize| {
            let mut second = document(Some("2/2"));
            second["results"].as_array_mut().unwrap().drain(..remove);
            merged(vec![document(Some("1/2")), second]).unwrap_err()
        };
        let told = |reason: &str| format!("failed to merge `1.json`: {reason}");
        assert_eq!(with(1), told("it has 0 rows of bob in y"));
        assert_eq!(with(2), told("it was not finished: it has 1 of its share of 2"));
        let mut twice = document(None);
        let first = twice["results"][0].clone();
        twice["results"].as_array_mut().unwrap().insert(0, first);
        let told = "failed to merge `0.json`: it has 2 rows of ann in y";
        assert_eq!(merged(vec![twice]).unwrap_err(), told);
    }
}
