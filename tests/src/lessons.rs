//! Every lesson against its snapshot, byte for byte: output, timeline, times
//! and process ids.

use std::sync::Arc;

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::{Lab, Machine};
use lab::vm::command::Accel;
use libtest_mimic::Failed;

use crate::Test;

/// One test a lesson.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    // Made here, once, so that no test waits for another to make it.
    lab.checkpoint(machine, Accel::Tcg)?;
    let tests = lab.course.names.iter().map(|name| {
        let (lab, machine, name) = (Arc::clone(lab), Arc::clone(machine), name.clone());
        Test::new(format!("lessons::{name}"), move || {
            let plan = Plan::new(lab.course.read(&name)?, Options::default());
            let run = lab.run(&machine, &plan)?;
            let text = report::text(&plan, &run);
            compare(&name.to_string(), &text)?;
            if run.verdict.passed() { Ok(()) } else { Err(Failed::from(text)) }
        })
    });
    Ok(tests.collect())
}

/// Compares a text with its snapshot in `tests/snapshots`. `INSTA_UPDATE=always`
/// in the environment records it instead.
pub fn compare(name: &str, text: &str) -> Result<(), Failed> {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(lab::root().join("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
    Ok(())
}
