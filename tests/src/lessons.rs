//! Every lesson against its snapshot, byte for byte: output, timeline, times
//! and process ids.

use std::panic::{catch_unwind, resume_unwind};
use std::sync::Arc;

use lab::error::Error;
use lab::guest::programs::programs_of;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::{Lab, Machine};
use lab::vm::command::Accel;
use libtest_mimic::Failed;

use crate::{Test, tools};

/// A lesson's second program, which gives its module bad input, ends so.
const BAD_INPUT: &str = "bad-input";

/// One test a lesson, and one for each program of bad input.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    // Made here, once, so that no test waits for another to make it.
    lab.checkpoint(machine, Accel::Tcg)?;
    let test = |plan: Plan| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("lessons::{}", plan.job.program), move || {
            let run = lab.run(&machine, &plan)?;
            let text = report::text(&plan, &run);
            compare_times(&lab, &machine, &plan.job.program, &text)?;
            if run.verdict.passed() { Ok(()) } else { Err(Failed::from(text)) }
        })
    };
    Ok(plans(lab, Options::default())?.into_iter().map(test).collect())
}

/// A plan for each lesson, and one for each program of bad input.
pub fn plans(lab: &Lab<'_>, options: Options) -> Result<Vec<Plan>, Error> {
    let mut plans = Vec::new();
    for name in &lab.course.names {
        let lesson = Plan::new(lab.course.read(name)?, options);
        for program in programs_of(&lab.course.root, &name.to_string()) {
            let mut plan = lesson.clone();
            if program.ends_with(BAD_INPUT) {
                // It proves itself by its checks; the expectations are the lesson's.
                plan.job.trace.clear();
                plan.options.trace = false;
            } else if program != plan.job.program {
                continue;
            }
            plan.job.program = program;
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// As [`compare`], for a text with times, which are not the same on every host.
fn compare_times(lab: &Lab<'_>, machine: &Machine, name: &str, text: &str) -> Result<(), Failed> {
    tools::note(lab, machine)?;
    // insta shows the difference, then panics.
    match catch_unwind(|| compare(name, text)) {
        Ok(result) => result,
        Err(panic) => match tools::difference(lab, machine)? {
            Some(difference) => Err(difference.into()),
            None => resume_unwind(panic),
        },
    }
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
