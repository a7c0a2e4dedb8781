//! The mistakes in modules that only the debug kernel shows: each is reported there, with a
//! place in the file, and answered with its own hint. No exercise's solution is reported.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use builder::kernel::Kind;
use lab::error::Error;
use lab::exercise::marks::DEBUG_KERNEL;
use lab::exercise::thorough::Machines;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, report};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::Test;

/// One test per solution, and per mutant that is reported. `debug` must have the debug
/// kernel.
pub fn all(lab: &Arc<Lab<'static>>, debug: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let machine = Arc::new(lab.machine_of(Kind::Lesson)?);
    let grader = Arc::clone(lab);
    let mut tests = vec![Test::new(GRADE.to_owned(), move || a_class_is_graded(&grader))];
    for (exercise, sample) in samples(lab)? {
        let (lab, machine, debug) = (Arc::clone(lab), Arc::clone(&machine), Arc::clone(debug));
        tests.push(Test::new(name(&exercise, &sample), move || {
            judge(&lab, &machine, &debug, &exercise, &sample)
        }));
    }
    Ok(tests)
}

/// The names of these tests, for documents that name them.
pub fn names(lab: &Lab<'_>) -> Result<Vec<String>, Error> {
    let own = samples(lab)?.into_iter().map(|(exercise, sample)| name(&exercise, &sample));
    Ok(own.chain([GRADE.to_owned()]).collect())
}

const GRADE: &str = "thorough::grade";

fn name(exercise: &Exercise, sample: &Sample) -> String {
    format!("thorough::{}::{}", exercise.lesson.name, sample.name())
}

fn samples(lab: &Lab<'_>) -> Result<Vec<(Arc<Exercise>, Sample)>, Error> {
    let mut all = Vec::new();
    for exercise in lab.course.exercises(Seed(1))? {
        let exercise = Arc::new(exercise);
        let is_reported =
            |sample: &Sample| exercise.mutant(sample).is_some_and(|it| it.reports.is_some());
        let mut samples = exercise.samples();
        samples.retain(|sample| *sample == Sample::Solution || is_reported(sample));
        if exercise.has_thorough_check() {
            all.extend(samples.into_iter().map(|sample| (Arc::clone(&exercise), sample)));
        }
    }
    Ok(all)
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
    let told = report::text(exercise, &attempt).to_string();
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

/// A class gets its marks from both kernels, the same whatever the order of the runs, and
/// its rows say so. A program runs on the lesson's kernel only.
fn a_class_is_graded(lab: &Lab<'_>) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let class = folder.path().join("class");
    let [module, program] = ["kill-pid", "sigchld"]
        .map(|name| Exercise::read(&lab.course.find(name).expect("it is a lesson"), Seed(7)));
    let (module, program) = (module?, program?);
    for (student, exercise, sample) in [
        ("ann", &module, Sample::Solution),
        ("ann", &program, Sample::Solution),
        ("bob", &module, Sample::Mutant("locks-twice".to_owned())),
    ] {
        let place = class.join(student).join(exercise.lesson.name.to_string());
        fs::create_dir_all(&place)?;
        fs::write(place.join(exercise.file.name()), exercise.sample(&sample))?;
    }
    let (json, csv) = (folder.path().join("json"), folder.path().join("csv"));
    let grade = |jobs: &str| -> Result<(String, String), Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["grade", "--seed", "7", "--thorough", "--jobs", jobs]).arg(&class);
        command.arg("--json").arg(&json).arg("--csv").arg(&csv).stdin(Stdio::null());
        let output = command.output()?;
        match output.status.success() {
            true => Ok((fs::read_to_string(&json)?, fs::read_to_string(&csv)?)),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    };
    let (marks, table) = grade("1")?;
    if (&marks, &table) != (&grade("2")?.0, &fs::read_to_string(&csv)?) {
        return Err("it is graded differently by two machines at a time".into());
    }
    let marks: Value = serde_json::from_str(&marks)?;
    let told = |row: &Value| {
        let debug = row["checks"].as_array().into_iter().flatten();
        let debug = debug.filter(|check| check["name"] == DEBUG_KERNEL);
        json!([
            row["student"],
            row["lesson"],
            row["kernels"],
            row["mistake"],
            row["of"],
            debug.map(|check| check["points"].clone()).collect::<Vec<_>>()
        ])
    };
    let rows: Vec<Value> = marks["results"].as_array().into_iter().flatten().map(told).collect();
    let of = module.points() + module.points().div_ceil(3);
    let points = of - module.points();
    let expected = [
        json!(["ann", "sigchld", "lesson", null, program.points(), []]),
        json!(["ann", "kill-pid", "lesson+debug", null, of, [points]]),
        json!(["bob", "sigchld", "lesson", null, program.points(), []]),
        json!(["bob", "kill-pid", "lesson+debug", "locks-twice", of, [0]]),
    ];
    if rows != expected {
        return Err(format!("{rows:#?}").into());
    }
    match table.matches(",lesson+debug").count() {
        2 => Ok(()),
        _ => Err(table.into()),
    }
}
