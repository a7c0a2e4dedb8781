//! A submission that does none of the work earns nothing, and nobody is told of a mistake
//! that the run does not show: each exercise is given its stub, and programs or modules
//! that do nothing, crash, hang or flood.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::ending::Fault;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, report};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;

/// Files in `tests/`, for each exercise whose file is a program or a module.
const PROGRAMS: &[&str] = &[
    "without-work/does-nothing.rs",
    "without-work/exits-with-1.rs",
    "without-work/panics.rs",
    "without-work/segfaults.rs",
    "without-work/garbage.rs",
    "attacks/forks-without-end.rs",
    "attacks/fills-output.rs",
    "attacks/hangs.rs",
];
const MODULES: &[&str] = &[
    "without-work/does-nothing.c",
    "without-work/fails.c",
    "without-work/garbage.c",
    "without-work/spins.c",
    "without-work/warns.c",
    "attacks/never-returns.c",
    "attacks/panics.c",
];

/// One test per exercise and file, and one per stub.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let lesson = lab.course.read(name)?;
        if !Exercise::exists(&lesson) {
            continue;
        }
        let exercise = Arc::new(Exercise::read(&lesson, Seed::default())?);
        let mut test = |what: &str, text: String| {
            let (lab, machine, exercise) =
                (Arc::clone(lab), Arc::clone(machine), Arc::clone(&exercise));
            tests.push(Test::new(format!("without-work::{name}::{what}"), move || {
                earns_nothing(&lab, &machine, &exercise, &text)
            }));
        };
        test("stub", exercise.sample(&Sample::Stub));
        let is_program = exercise.file.name().ends_with(".rs");
        for file in if is_program { PROGRAMS } else { MODULES } {
            let path = builder::root().join("tests").join(file);
            let what = path.file_stem().unwrap_or_default().display().to_string();
            test(&what, fs::read_to_string(&path)?);
        }
    }
    Ok(tests)
}

fn earns_nothing(
    lab: &Lab<'_>,
    machine: &Machine,
    exercise: &Exercise,
    text: &str,
) -> Result<(), Failed> {
    let attempt = lab.attempt(machine, exercise, Path::new(exercise.file.name()), text)?;
    // The guest's own clock ends what hangs, so that no host waits for it.
    let ending = attempt.marks.ending.clone().map(Fault::Submission);
    if ending == Some(Fault::never_ends()) {
        return Err("only the host could end it".into());
    }
    let mistake = attempt.marks.mistake.as_ref().map(|mistake| &mistake.name);
    match (attempt.marks.points(), mistake) {
        (0, None) => Ok(()),
        (points, mistake) => {
            let report = report::text(exercise, &attempt).to_string();
            Err(format!("{points} points, and the hint of {mistake:?}:\n{report}").into())
        }
    }
}
