//! Every exercise proves itself: the stub compiles and fails, the solution gets full
//! points, and each mutant fails exactly the checks that it names, which selects its own
//! hint.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::attempt::Attempt;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, report};
use lab::plan::Options;
use lab::record_file::RecordFile;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use vm::command::Accel;

use crate::{Test, kept};

/// A different seed than in `check`, because exercises must work with any seed.
const SEED: Seed = Seed(1);

/// One test per stub, solution and mutant.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    at(Accel::TCG, lab, machine)
}

/// Like `all`, at another speed of the guest.
pub fn at(
    accel: Accel,
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let lesson = lab.course.read(name)?;
        if !Exercise::exists(&lesson) {
            continue;
        }
        let exercise = Arc::new(Exercise::read(&lesson, SEED)?);
        for sample in exercise.samples() {
            // What only the debug kernel shows is tested there.
            if exercise.mutant(&sample).is_some_and(|mutant| mutant.reports.is_some()) {
                continue;
            }
            let name = format!("exercises::{name}::{}", sample.name());
            let (lab, machine, exercise) =
                (Arc::clone(lab), Arc::clone(machine), Arc::clone(&exercise));
            tests.push(Test::new(name, move || judge(accel, &lab, &machine, &exercise, &sample)));
        }
    }
    Ok(tests)
}

fn judge(
    accel: Accel,
    lab: &Lab<'_>,
    machine: &Machine,
    exercise: &Exercise,
    sample: &Sample,
) -> Result<(), Failed> {
    let text = exercise.sample(sample);
    let shown = PathBuf::from(exercise.file.name());
    let attempt = lab.attempt_by(accel, machine, exercise, &shown, &text)?;
    let options = Options { accel, ..Options::default() };
    let record = RecordFile::of_attempt(lab, machine, exercise, options, &attempt).map(Some);
    let test = format!("exercises::{}::{}", exercise.lesson.name, sample.name());
    kept::keeping(&test, &record, || answers(exercise, sample, attempt))
}

/// Checks that a student sees what matters at once, in words that are not the lab's own.
fn fits_on_a_screen(exercise: &Exercise, attempt: &Attempt) -> Result<(), Failed> {
    // A terminal of 24 rows, without the command, the next prompt and what to do next.
    const ROWS: usize = 20;
    const JARGON: &[&str] = &["marker", "sys_exit", "sys_enter"];
    let screen = report::screen(exercise, attempt, ROWS, 80).0.to_string();
    if screen.lines().count() > ROWS {
        return Err(format!("it has more than {ROWS} rows:\n{screen}").into());
    }
    match JARGON.iter().find(|word| screen.contains(**word)) {
        Some(word) => Err(format!("no student knows what {word} means:\n{screen}").into()),
        None => Ok(()),
    }
}

/// Checks that an attempt with a sample has the result that it should have.
fn answers(exercise: &Exercise, sample: &Sample, attempt: Attempt) -> Result<(), Failed> {
    let report = report::text(exercise, &attempt).to_string();
    let failed = attempt.marks.failed();
    if attempt.compiler.is_some() {
        return Err(format!("it does not compile:\n{report}").into());
    }
    fits_on_a_screen(exercise, &attempt)?;
    let expected = match sample {
        Sample::Solution => BTreeSet::new(),
        Sample::Stub if failed.is_empty() => return Err("the stub gets full points".into()),
        // Any failure of the stub will do.
        Sample::Stub => failed.clone(),
        Sample::Mutant(name) => {
            let mutant = exercise.mutants.iter().find(|mutant| mutant.name == *name);
            mutant.map(|mutant| mutant.fails.clone()).unwrap_or_default()
        }
    };
    if failed != expected {
        return Err(format!("it fails {failed:?} and should fail {expected:?}:\n{report}").into());
    }
    let hint = match sample {
        Sample::Mutant(name) => Some(name),
        Sample::Stub | Sample::Solution => None,
    };
    let mistake = attempt.marks.mistake.map(|mistake| mistake.name);
    if mistake.as_ref() == hint {
        Ok(())
    } else {
        Err(format!("it is answered with the hint of {mistake:?}, not {hint:?}:\n{report}").into())
    }
}
