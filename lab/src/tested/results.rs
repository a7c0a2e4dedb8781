//! The results of a suite, for people and for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain, quoted, visible};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use super::{Head, Outcome, Tested, ktap};

/// The version of the JSON document.
pub(super) const VERSION: u32 = 1;
/// How many of the last lines of a program's output people see.
const LINES: usize = 10;

/// The results as a JSON document:
///
/// ```json
/// {"version": 1,
///  "head": {"lab": "0.1.0", "kernel": "6.12.117", "suite": "syscalls",
///           "list": "0f8e2c2b1d8c04b5d0a1", "machine": "9bd1c4a07e3c55d0f2a6",
///           "programs": 343, "shard": [1, 4]},
///  "tests": [
///   {"name": "signal:sas", "outcome": "failed", "status": 1,
///    "said": "exit status 1", "output": "…", "unlike": null}]}
/// ```
///
/// For the head see [`Head`]. `outcome` is `passed`, `failed`, `skipped`, `timed-out` or `error`; `error` means that
/// the program did not run, or that the lab or the host failed. `status` is the exit
/// status, if the program ended. `output` is there unless the program passed. `unlike`
/// says how repeated runs differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub version: u32,
    /// Results of earlier have none.
    #[serde(default)]
    pub head: Head,
    pub tests: Vec<Tested>,
}

impl Document {
    pub fn new(head: Head, tests: Vec<Tested>) -> Document {
        Document { version: VERSION, head, tests }
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }

    /// Whether a program did not run, through no fault of its own.
    pub fn has_errors(&self) -> bool {
        self.count(Outcome::Error) > 0
    }

    /// Whether every program passed or was skipped.
    pub fn passed(&self) -> bool {
        self.count(Outcome::Passed) + self.count(Outcome::Skipped) == self.tests.len()
    }

    /// A line for each program, with the end of the output of those that did not pass, and
    /// the counts.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for test in &self.tests {
            text += &format!("{:<9} {}", test.outcome.name(), visible(&test.name));
            if let Some(said) = &test.said {
                text += &format!(": {}", visible(said));
            }
            text.push('\n');
            let is_shown = !matches!(test.outcome, Outcome::Passed | Outcome::Skipped);
            let output = test.output.as_deref().filter(|_| is_shown).unwrap_or_default();
            let before = output.lines().count().saturating_sub(LINES);
            text.extend(output.lines().skip(before).map(shown));
            if let Some(unlike) = &test.unlike {
                text += "  its runs are not the same:\n";
                text.extend(unlike.lines().map(shown));
            }
        }
        let counts = [
            (Outcome::Passed, "passed"),
            (Outcome::Failed, "failed"),
            (Outcome::TimedOut, "timed out"),
            (Outcome::Error, "not run"),
            (Outcome::Skipped, "skipped"),
        ];
        let told = |(outcome, name): (Outcome, &str)| match (outcome, self.count(outcome)) {
            (Outcome::Passed | Outcome::Failed, count) => Some(format!("{count} {name}")),
            (_, 0) => None,
            (_, count) => Some(format!("{count} {name}")),
        };
        let counts: Vec<String> = counts.into_iter().filter_map(told).collect();
        text + &counts.join(", ") + "\n"
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("it is plain data") + "\n"
    }

    pub fn ktap(&self) -> String {
        ktap::text(&self.tests)
    }

    pub fn junit(&self) -> String {
        let mut suite = TestSuite::new(visible(&self.head.suite));
        for test in &self.tests {
            let said = test.said.as_ref().map(|said| visible(said)).unwrap_or_default();
            let non_success = |kind| {
                let mut status = TestCaseStatus::non_success(kind);
                status.set_message(said.as_str());
                if let Some(output) = &test.output {
                    status.set_description(output.as_str());
                }
                status
            };
            let status = match test.outcome {
                Outcome::Passed => TestCaseStatus::success(),
                Outcome::Skipped => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(said.as_str());
                    status
                }
                Outcome::Failed | Outcome::TimedOut => non_success(NonSuccessKind::Failure),
                Outcome::Error => non_success(NonSuccessKind::Error),
            };
            suite.add_test_case(TestCase::new(visible(&test.name), status));
        }
        let mut report = Report::new("upcall suite");
        report.add_test_suite(suite);
        report.to_string().expect("all of it is text")
    }
}

fn shown(line: &str) -> String {
    format!("  {}\n", quoted(&visible(line)))
}

/// Results of an earlier call, or measured elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Before(BTreeMap<String, Outcome>);

/// Why results cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to compare with `{}`: {reason}", path.display())]
    NoResults { path: PathBuf, reason: String },
}

impl Explain for CompareError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

impl Before {
    /// Reads the JSON of an earlier call, or any KTAP, such as that of
    /// `run_kselftest.sh --summary`.
    pub fn read(path: &Path) -> Result<Before, CompareError> {
        let text = fs_err::read_to_string(path)?;
        let wrong = |reason: String| CompareError::NoResults { path: path.to_owned(), reason };
        if !text.trim_start().starts_with('{') {
            let lines = text.lines().filter_map(ktap::Line::parse);
            let results: BTreeMap<_, _> = lines.map(|line| (line.name, line.outcome)).collect();
            return match results.is_empty() {
                true => Err(wrong("it has no results".to_owned())),
                false => Ok(Before(results)),
            };
        }
        let Document { version, tests, .. } =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if version != VERSION {
            return Err(wrong(format!("its version is {version}")));
        }
        Ok(Before(tests.into_iter().map(|test| (test.name, test.outcome)).collect()))
    }

    /// What has changed since, a line each. `names` are those of the whole suite, of which
    /// the document may have a part.
    pub fn changes(&self, document: &Document, names: &BTreeSet<String>) -> Vec<String> {
        let mut changes = Vec::new();
        for Tested { name, outcome, .. } in &document.tests {
            let before = self.0.get(name);
            if before != Some(outcome) {
                let before = before.map_or("not there", |before| before.name());
                changes.push(format!("{}: {before} → {}", visible(name), outcome.name()));
            }
        }
        for (name, before) in &self.0 {
            if !names.contains(name) {
                changes.push(format!("{}: {} → not there", visible(name), before.name()));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, outcome: Outcome) -> Tested {
        let (said, output) = match outcome {
            Outcome::Passed => (None, None),
            _ => (Some("exit status 1".to_owned()), Some("wrong\u{7}\n".to_owned())),
        };
        Tested { name: name.to_owned(), outcome, status: None, said, output, unlike: None }
    }

    fn document() -> Document {
        let head = Head { suite: "calls".to_owned(), ..Head::default() };
        Document::new(
            head,
            vec![
                test("a", Outcome::Passed),
                test("b", Outcome::Failed),
                test("c", Outcome::Skipped),
            ],
        )
    }

    #[test]
    fn people_see_what_failed() {
        let mut document = document();
        document.tests[0].unlike = Some("-1\n+2\n".to_owned());
        assert_eq!(
            document.text(),
            "passed    a\n  its runs are not the same:\n  | -1\n  | +2\nfailed    b: exit status 1\n  \
             | wrong\\u{7}\nskipped   c: exit status 1\n1 passed, 1 failed, 1 skipped\n"
        );
    }

    #[test]
    fn junit_has_every_outcome() {
        let xml = document().junit();
        assert!(
            xml.contains(r#"name="calls" tests="3" disabled="1" errors="0" failures="1""#),
            "{xml}"
        );
        assert!(xml.contains(r#"<failure message="exit status 1">wrong"#), "{xml}");
    }

    #[test]
    fn what_changed_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("before");
        std::fs::write(&path, document().json()).unwrap();
        let before = Before::read(&path).unwrap();
        let names = BTreeSet::from(["b", "d", "e"].map(str::to_owned));
        let now = Document::new(
            Head::default(),
            vec![test("b", Outcome::Passed), test("d", Outcome::Failed)],
        );
        assert_eq!(
            before.changes(&now, &names),
            [
                "b: failed → passed",
                "d: not there → failed",
                "a: passed → not there",
                "c: skipped → not there"
            ]
        );
        std::fs::write(&path, document().ktap()).unwrap();
        assert_eq!(Before::read(&path).unwrap(), before);
        std::fs::write(&path, "nothing").unwrap();
        let error = Before::read(&path).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("failed to compare with `{}`: it has no results", path.display())
        );
    }
}
