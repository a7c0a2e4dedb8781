//! Each JSON document that the command line writes is what its schema says.

use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::bench::{Document, Measured, Row, Unit};
use lab::report;
use libtest_mimic::Failed;
use serde_json::Value;
use vm::command::Accel;

use crate::Test;
use crate::json_schema::Schemas;
use crate::results::{self, Finished};
use crate::runs::{Runs, made};

/// Where the schemas are, from the root of the workspace.
const FOLDER: &str = "docs/schema";

/// The documents of other commands are checked where other tests make them.
pub fn all(runs: &Arc<Runs>) -> Vec<Test> {
    let runs = Arc::clone(runs);
    vec![
        Test::new("schemas::of-runs".to_owned(), move || of_runs(&runs)),
        Test::new("schemas::of-the-host-and-the-course".to_owned(), of_host_and_course),
        Test::new("schemas::of-measurements-and-tests".to_owned(), of_measurements_and_tests),
    ]
}

/// Checks a document against the schema with this name.
pub fn check(name: &str, document: &Value) -> Result<(), Failed> {
    let folder = builder::root().join(FOLDER);
    let checked = Schemas { folder: &folder }.check(&format!("{name}.json"), document);
    checked.map_err(|fault| format!("{name}.json: {fault}\n{document:#}").into())
}

fn of_runs(runs: &Runs) -> Result<(), Failed> {
    for name in &runs.lab.course.names {
        let (plan, ran) = runs.of_lesson(name)?;
        check("run", &report::json(&plan, made(&ran)?))?;
    }
    Ok(())
}

fn of_host_and_course() -> Result<(), Failed> {
    for (schema, words) in [
        ("list", &["list"][..]),
        ("map", &["list", "--map"]),
        ("plan", &["plan", "1"]),
        ("plan", &["plan", "kill-pid", "--cold"]),
        ("plan", &["plan", "kill-pid", "--debug-kernel", "--kernel-with", "gpio"]),
        ("progress", &["progress"]),
        ("doctor", &["doctor"]),
    ] {
        let mut command = Command::new(std::env::current_exe()?);
        let output = command.args(words).arg("--json").stdin(Stdio::null()).output()?;
        check(schema, &serde_json::from_slice(&output.stdout)?)?;
    }
    Ok(())
}

fn of_measurements_and_tests() -> Result<(), Failed> {
    let row = |unit, measured| Row { what: "a row".to_owned(), unit, bar: Some(1.5), measured };
    let not = Measured::Not { reason: "--kernel".to_owned() };
    let (fingerprint, texts) = ("b6fa0208255ea6edc799".to_owned(), "repeat/18e9".into());
    let rows = vec![
        Row::seconds("exec /bin/true", None, vec![0.25, 0.5]),
        row(Unit::Runs, Measured::Same { same: 9, of: 10, fingerprint, texts }),
        row(Unit::Mebibytes, not),
    ];
    let (cpu, qemu) = ("a processor".to_owned(), "QEMU emulator version 10.0.2".to_owned());
    let document = Document { cpu, cores: 2, qemu, accel: Accel::TCG, runs: 10, rows };
    check("bench", &document.to_json())?;

    let finished = |failure: Option<&str>, skipped: Option<&str>| {
        let [failure, skipped] = [failure, skipped].map(|text| text.map(str::to_owned));
        Finished { name: "a test".to_owned(), failure, skipped, seconds: 0.5 }
    };
    let tests = vec![
        finished(None, None),
        finished(Some("it failed"), None),
        finished(None, Some("the host has no shell")),
    ];
    check("test", &serde_json::to_value(results::Document::new(tests))?)
}
