//! The mistakes in modules that only the debug kernel shows: each is reported there, with a
//! place in the file, and answered with its own hint. No exercise's solution is reported.

use std::path::PathBuf;
use std::sync::Arc;

use builder::kernel::Kind;
use lab::error::Error;
use lab::exercise::marks::DEBUG_KERNEL;
use lab::exercise::thorough::Machines;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, report};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;

/// One test per solution, and per mutant that is reported. `debug` must have the debug
/// kernel.
pub fn all(lab: &Arc<Lab<'static>>, debug: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let machine = Arc::new(lab.machine_of(Kind::Lesson)?);
    let mut tests = Vec::new();
    for exercise in lab.course.exercises(Seed(1))? {
        if !exercise.has_thorough_check() {
            continue;
        }
        let exercise = Arc::new(exercise);
        for sample in exercise.samples() {
            let reported = exercise.mutant(&sample).is_some_and(|it| it.reports.is_some());
            if !reported && sample != Sample::Solution {
                continue;
            }
            let name = format!("thorough::{}::{}", exercise.lesson.name, sample.name());
            let (lab, exercise) = (Arc::clone(lab), Arc::clone(&exercise));
            let (machine, debug) = (Arc::clone(&machine), Arc::clone(debug));
            tests.push(Test::new(name, move || judge(&lab, &machine, &debug, &exercise, &sample)));
        }
    }
    Ok(tests)
}

fn judge(
    lab: &Lab<'_>,
    machine: &Machine,
    debug: &Machine,
    exercise: &Exercise,
    sample: &Sample,
) -> Result<(), Failed> {
    let machines = Machines { lesson: machine, debug: Some(debug) };
    let file = exercise.file.name();
    let (path, text) = (PathBuf::from(file), exercise.sample(sample));
    let attempt = lab.attempt_on(machines, exercise, &path, &text)?;
    let told = report::text(exercise, &attempt);
    let mut expected = exercise.mutant(sample).map(|it| it.fails.clone()).unwrap_or_default();
    if *sample != Sample::Solution {
        expected.insert(DEBUG_KERNEL.to_owned());
    }
    let failed = attempt.marks.failed();
    if failed != expected {
        return Err(format!("it fails {failed:?} and should fail {expected:?}:\n{told}").into());
    }
    let mistake = attempt.marks.mistake.as_ref().map(|mistake| mistake.name.as_str());
    let own = exercise.mutant(sample).map(|mutant| mutant.name.as_str());
    if mistake != own {
        return Err(format!("it is answered with the hint of {mistake:?}:\n{told}").into());
    }
    if own.is_some() && !told.contains(&format!("({file}:")) {
        return Err(format!("no line of the file is told:\n{told}").into());
    }
    Ok(())
}
