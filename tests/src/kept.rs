//! Records of failed tests. A person looks at them with `cargo xtask show`, on any host.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use lab::error::Error;
use lab::plan::Plan;
use lab::record_file::RecordFile;
use lab::run::{Lab, Machine, Run};
use libtest_mimic::Failed;

use crate::results::panic_text;

/// The folder of the records, in the checkout.
const FOLDER: &str = "target/records";

/// Runs a plan for a test, and checks the run. If that fails, the run's record is kept.
pub fn run<T>(
    lab: &Lab<'_>,
    machine: &Machine,
    plan: &Plan,
    test: &str,
    check: impl FnOnce(Run) -> Result<T, Failed>,
) -> Result<T, Failed> {
    let run = lab.run(machine, plan);
    let record = RecordFile::of_run(lab, machine, plan, &run);
    keeping(test, &record, || check(run?))
}

/// Checks a run. If that fails, its record is kept, and the failure says how to look at it.
/// There is no record if nothing ran.
pub fn keeping<T>(
    test: &str,
    record: &Result<Option<RecordFile>, Error>,
    check: impl FnOnce() -> Result<T, Failed>,
) -> Result<T, Failed> {
    let checked = catch_unwind(AssertUnwindSafe(check))
        .unwrap_or_else(|panic| Err(Failed::from(panic_text(&*panic))));
    checked.map_err(|failed| {
        let message = failed.message().unwrap_or_default().trim_end();
        let kept = match record {
            Ok(Some(record)) => keep(test, record),
            Ok(None) => return failed,
            Err(error) => format!("its record is not kept: {error}"),
        };
        Failed::from(format!("{message}\n{kept}"))
    })
}

/// Writes a record, and says how to look at it.
fn keep(test: &str, record: &RecordFile) -> String {
    let file = format!("{FOLDER}/{}.record", test.replace("::", "-"));
    let path = builder::root().join(&file);
    let written = std::fs::create_dir_all(path.parent().unwrap_or(&PathBuf::new()))
        .and_then(|()| record.write(&path));
    match written {
        Ok(()) => format!("look at it: cargo xtask show {file}"),
        Err(error) => format!("its record is not kept: {error}"),
    }
}
