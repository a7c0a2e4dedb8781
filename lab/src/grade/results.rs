//! Results for programs and spreadsheets. Nothing in them depends on the host, its speed
//! or the time of day: the same submissions and the same seed give the same bytes.

use std::path::Path;

use explain::visible;
use fs_err as fs;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::head::Head;
use super::table::{self, quoted};
use super::{Given, Graded};
use crate::error::Error;
use crate::exercise::marks::Mark;
use crate::whole;

/// The results as one JSON document:
///
/// ```json
/// {"version": 1, "lab": "0.1.0", "seed": 0, "class": "9bd1c4a07e3c55d0f2a6",
///  "students": 26, "shard": [1, 4], "exercises": {"sigchld": "0f8e2c2b1d8c04b5d0a1"},
///  "results": [
///   {"student": "alice", "id": null, "lesson": "sigchld", "points": 3, "of": 6,
///    "kernels": "lesson", "ending": null, "said": null, "mistake": "one-wait",
///    "submission": "5e2bf57d3f40c4b6df69", "ignored": ["Cargo.toml"],
///    "checks": [{"name": "reaps-all", "what": "reaps every child that exited",
///                "points": 0, "of": 3, "passed": false}],
///    "error": null}]}
/// ```
///
/// For the head see [`Head`]. `grade` adds `gradebook`, see [`super::book::Book::json`],
/// and `statistics`, see [`super::statistics::json`]. `submission` is the hash of the file that was graded.
/// `id` is a learning platform's number of the student. `said` says in a sentence how a
/// run ended that did not simply finish. `kernels` says where the submission ran: on the
/// `lesson` kernel, or also on the debug kernel, `lesson+debug`. `ending` is one of [`crate::exercise::ending::Kind`]. `mistake` is the name of the
/// mutant that fails in the same way. If the lab or the host failed, `error` says how,
/// and there is nothing else.
pub fn json(head: &Head, graded: &[Graded]) -> Value {
    let mut document = head.json();
    document["results"] = graded.iter().map(result).collect();
    document
}

fn result(graded: &Graded) -> Value {
    let (student, lesson) = (&graded.student, &graded.lesson);
    match &graded.result {
        Err(error) => json!({
            "student": student,
            "id": graded.id,
            "lesson": lesson,
            "error": error,
        }),
        Ok(Given { marks, submission, ignored, .. }) => {
            let check = |mark: &Mark| {
                json!({
                    "name": mark.name,
                    "what": mark.what,
                    "points": mark.points(),
                    "of": mark.of,
                    "passed": mark.passed,
                })
            };
            json!({
                "student": student,
                "id": graded.id,
                "lesson": lesson,
                "points": marks.points(),
                "of": marks.of(),
                "kernels": marks.kernels(),
                "ending": marks.ending.as_ref().map(|ending| ending.kind),
                "said": marks.ending.as_ref().map(|ending| &ending.text),
                "mistake": marks.mistake.as_ref().map(|mistake| &mistake.name),
                "submission": submission,
                "ignored": ignored,
                "checks": marks.checks.iter().map(check).collect::<Vec<_>>(),
                "error": null,
            })
        }
    }
}

/// A document as a table with one line per result.
pub fn csv(document: &Value) -> String {
    const COLUMNS: [&str; 9] =
        ["student", "lesson", "points", "of", "ending", "error", "said", "mistake", "kernels"];
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    };
    let mut text = table::line(COLUMNS.map(str::to_owned));
    for row in document["results"].as_array().into_iter().flatten() {
        text += &table::line(COLUMNS.map(|name| cell(&row[name])));
    }
    text
}

/// A document as JUnit XML: a suite per student and lesson, a test per check.
pub fn junit(document: &Value) -> String {
    let mut report = Report::new("upcall grade");
    for row in document["results"].as_array().into_iter().flatten() {
        let text = |name: &str| visible(row[name].as_str().unwrap_or_default());
        let mut suite = TestSuite::new(format!("{}: {}", text("student"), text("lesson")));
        if !row["error"].is_null() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(text("error"));
            suite.add_test_case(TestCase::new("graded", status));
        }
        suite.add_test_cases(row["checks"].as_array().into_iter().flatten().map(check));
        report.add_test_suite(suite);
    }
    report.to_string().expect("all of it is text")
}

fn check(check: &Value) -> TestCase {
    // Marks of earlier do not say what a check is about.
    let [name, what] = ["name", "what"].map(|name| check[name].as_str().unwrap_or_default());
    let status = if check["passed"] == true {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("{what} (0 of {} points)", check["of"]).trim_start());
        status
    };
    TestCase::new(name, status)
}

/// Text for people: one line per result, with the ignored files.
pub fn text(graded: &[Graded]) -> String {
    let names: Vec<String> = graded.iter().map(|one| visible(&one.student)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (one, name) in graded.iter().zip(names) {
        let what = match &one.result {
            Err(error) => format!("not graded: {error}"),
            Ok(Given { marks, ignored, .. }) => {
                let mut what = format!("{:>3} of {}", marks.points(), marks.of());
                if let Some(ending) = &marks.ending {
                    what += &format!("  {}", ending.text);
                }
                if !ignored.is_empty() {
                    what += &format!("  (ignored: {})", ignored.join(", "));
                }
                what
            }
        };
        text += &format!("{name:<width$}  {:<26} {}\n", one.lesson, visible(&what));
    }
    text
}

/// Writes a text about each result into `folder/STUDENT/LESSON.txt`. A student's name is
/// the name of a folder, so it cannot lead elsewhere.
pub fn write_feedback(
    folder: &Path,
    graded: &[Graded],
    text: impl Fn(&Given) -> &str,
) -> Result<(), Error> {
    for one in graded {
        let Ok(given) = &one.result else { continue };
        let folder = folder.join(&one.student);
        let path = folder.join(format!("{}.txt", one.lesson));
        fs::create_dir_all(&folder)?;
        whole::write(&path, text(given).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
