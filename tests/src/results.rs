//! Keeps the results of tests for machine-readable reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed, Trial};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use crate::Test;

/// The results so far, shared by all tests of a run.
#[derive(Debug, Clone, Default)]
pub struct Results(Arc<Mutex<Vec<Finished>>>);

/// A finished test.
#[derive(Debug, Clone, Serialize)]
pub struct Finished {
    pub name: String,
    /// Why it failed. Absent if it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Why it was not run. Absent if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Wall-clock time, seconds.
    pub seconds: f64,
}

/// A file to write a report to: `junit:PATH`, `ktap:PATH` or `json:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub format: Format,
    pub path: PathBuf,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JUnit's XML, which CI systems read.
    Junit,
    /// The kernel's test protocol (Documentation/dev-tools/ktap.rst).
    Ktap,
    /// See [`Document`].
    Json,
}

impl FromStr for Report {
    type Err = String;

    fn from_str(s: &str) -> Result<Report, String> {
        let wrong = || format!("`{s}` is none of junit:PATH, ktap:PATH and json:PATH");
        let (format, path) =
            s.split_once(':').filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
        let format = match format {
            "junit" => Format::Junit,
            "ktap" => Format::Ktap,
            "json" => Format::Json,
            _ => return Err(wrong()),
        };
        Ok(Report { format, path: path.into() })
    }
}

/// The content of a JSON report.
#[derive(Serialize)]
pub struct Document {
    /// The version of this format: 1.
    version: u32,
    tests: Vec<Finished>,
}

impl Document {
    pub fn new(tests: Vec<Finished>) -> Document {
        Document { version: 1, tests }
    }
}

impl Results {
    /// Turns a test into a trial that leaves its result here.
    pub fn observe(&self, test: Test) -> Trial {
        let results = Arc::clone(&self.0);
        let name = test.name.clone();
        Trial::ignorable_test(test.name, move || {
            let started = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(test.run))
                .unwrap_or_else(|panic| Err(Failed::from(panic_text(&*panic))));
            let failure = outcome.as_ref().err().map(|failed| {
                failed.message().unwrap_or("it failed without saying why").to_owned()
            });
            let skipped = match &outcome {
                Ok(Completion::Ignored { reason }) => {
                    Some(reason.clone().unwrap_or_else(|| "without a reason".to_owned()))
                }
                _ => None,
            };
            let seconds = started.elapsed().as_secs_f64();
            results.lock().expect("no test panics with the lock held").push(Finished {
                name,
                failure,
                skipped,
                seconds,
            });
            outcome
        })
    }

    /// All results, sorted by name.
    fn sorted(&self) -> Vec<Finished> {
        let mut tests = self.0.lock().expect("no test panics with the lock held").clone();
        tests.sort_by(|a, b| a.name.cmp(&b.name));
        tests
    }

    /// The text of a report.
    pub fn report(&self, format: Format) -> String {
        let tests = self.sorted();
        match format {
            Format::Junit => junit(&tests),
            Format::Ktap => ktap(&tests),
            Format::Json => {
                serde_json::to_string_pretty(&Document::new(tests)).expect("it is plain data")
            }
        }
    }
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

fn junit(tests: &[Finished]) -> String {
    let mut suite = TestSuite::new("upcall");
    for test in tests {
        let status = match (&test.failure, &test.skipped) {
            (None, None) => TestCaseStatus::success(),
            (None, Some(reason)) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
            (Some(text), _) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(text.lines().next().unwrap_or_default());
                status.set_description(text.as_str());
                status
            }
        };
        let mut case = TestCase::new(test.name.as_str(), status);
        case.set_time(Duration::from_secs_f64(test.seconds));
        suite.add_test_case(case);
    }
    let mut report = quick_junit::Report::new("upcall");
    report.add_test_suite(suite);
    report.to_string().expect("it is plain data")
}

fn ktap(tests: &[Finished]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", tests.len());
    for (number, test) in (1..).zip(tests) {
        if let Some(failure) = &test.failure {
            text.extend(failure.lines().map(|line| format!("# {line}\n")));
        }
        let ok = if test.failure.is_none() { "ok" } else { "not ok" };
        let skip = test.skipped.as_ref().map(|reason| format!(" # SKIP {reason}"));
        text += &format!("{ok} {number} {}{}\n", test.name, skip.unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Finished> {
        let passed = Finished { name: "a".to_owned(), failure: None, skipped: None, seconds: 0.5 };
        let failure = Some("one\ntwo".to_owned());
        let skipped = Some("the host has no shell".to_owned());
        vec![
            passed.clone(),
            Finished { name: "b".to_owned(), failure, ..passed.clone() },
            Finished { name: "c".to_owned(), skipped, ..passed },
        ]
    }

    #[test]
    fn ktap_says_why_before_it_says_not_ok() {
        assert_eq!(
            ktap(&sample()),
            "KTAP version 1\n1..3\nok 1 a\n# one\n# two\nnot ok 2 b\n\
             ok 3 c # SKIP the host has no shell\n"
        );
    }

    #[test]
    fn junit_counts_failures() {
        let xml = junit(&sample());
        assert!(xml.contains(r#"tests="3" disabled="1" errors="0" failures="1""#), "{xml}");
        assert!(xml.contains(r#"<failure message="one">"#), "{xml}");
        assert!(xml.contains(r#"<skipped message="the host has no shell"/>"#), "{xml}");
    }

    #[test]
    fn reports_are_named_by_format_and_path() {
        let report: Report = "junit:out.xml".parse().unwrap();
        assert_eq!(report, Report { format: Format::Junit, path: "out.xml".into() });
        for wrong in ["junit", "junit:", "xml:out.xml"] {
            let error = wrong.parse::<Report>().unwrap_err();
            assert_eq!(error, format!("`{wrong}` is none of junit:PATH, ktap:PATH and json:PATH"));
        }
    }
}
