//! A student's way through an exercise, to the letter: every command of the
//! loop on real files, from the start to the solution.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::command_line::cannot_be_written;
use crate::snapshots::compare;

/// A step: what the student does, and the exit status that it has.
enum Step {
    /// Calls the command line.
    Call(&'static [&'static str], i32),
    /// Writes the file: what this sample has in it.
    Write(Sample, &'static str),
}

/// One test: the steps depend on one another.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?;
    let solution = exercise.sample(&Sample::Solution);
    let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
    Ok(vec![
        Test::new("classroom::walk".to_owned(), move || {
            // Built here, so that no call says that it builds.
            lab.prepare(&machine, &exercise)?;
            full(&exercise)?;
            walk(&exercise)
        }),
        Test::new("classroom::ci-recipe".to_owned(), move || ci_recipe(&solution)),
        Test::new("classroom::mutants".to_owned(), mutants),
    ])
}

/// The script of the CI recipes, on the repository of a student who has solved
/// one exercise and tried to bring a build script along.
fn ci_recipe(solution: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let submission = folder.path().join("submission/sigchld");
    std::fs::create_dir_all(&submission)?;
    std::fs::write(submission.join("main.rs"), solution)?;
    std::fs::write(submission.join("build.rs"), "fn main() { panic!() }")?;
    let results = folder.path().join("results");
    let output = Command::new(builder::root().join("docs/ci/grade.sh"))
        .arg(builder::root())
        .arg(folder.path().join("submission"))
        .arg(&results)
        .env("SEED", "7")
        .stdin(Stdio::null())
        .output()?;
    let told = || String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(told().into());
    }
    let marks: serde_json::Value =
        serde_json::from_slice(&std::fs::read(results.join("marks.json"))?)?;
    let expected = serde_json::json!({
        "version": 1,
        "seed": 7,
        "results": [{
            "student": "submission",
            "lesson": "sigchld",
            "points": 6,
            "of": 6,
            "ending": null,
            "mistake": null,
            "ignored": ["build.rs"],
            "checks": [
                { "name": "reaps-all", "points": 3, "of": 3, "passed": true },
                { "name": "ends", "points": 2, "of": 2, "passed": true },
                { "name": "counts", "points": 1, "of": 1, "passed": true },
            ],
            "error": null,
        }],
    });
    if marks != expected {
        return Err(format!("the marks are {marks:#}").into());
    }
    for file in ["marks.xml", "feedback/submission/sigchld.txt"] {
        std::fs::metadata(results.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
}

/// What teachers see of an exercise's mutants.
fn mutants() -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    compare("classroom-mutants", &call(work.path(), &["mutants", "lesson-1"], 0)?)
}

/// A verdict that cannot be printed is none.
fn full(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    call(work.path(), &["start", "1"], 0)?;
    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    std::fs::write(file, exercise.sample(&Sample::Solution))?;
    let output = Command::new(std::env::current_exe()?)
        .arg("--work")
        .arg(work.path())
        .args(["check", "1"])
        .stdin(Stdio::null())
        .stdout(File::options().write(true).open("/dev/full")?)
        .output()?;
    cannot_be_written(&output)
}

fn walk(exercise: &Exercise) -> Result<(), Failed> {
    let steps = [
        Step::Call(&["check", "1"], 2),
        Step::Call(&["start", "1"], 0),
        Step::Call(&["check", "1"], 1),
        Step::Call(&["hint", "1"], 0),
        Step::Write(Sample::Mutant("one-wait".to_owned()), "a wrong try: one wait for each signal"),
        Step::Call(&["check", "1"], 1),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["solution", "1"], 2),
        Step::Write(Sample::Solution, "a right try: waits until nobody is left"),
        Step::Call(&["check", "1"], 0),
        Step::Call(&["solution", "1"], 0),
        Step::Call(&["progress"], 0),
        Step::Call(&["reset", "1"], 0),
        Step::Call(&["start", "1"], 0),
    ];
    let work = tempfile::tempdir()?;
    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    let mut told = String::new();
    for step in steps {
        match step {
            Step::Call(args, status) => told += &call(work.path(), args, status)?,
            Step::Write(sample, what) => {
                std::fs::write(&file, exercise.sample(&sample))?;
                told += &format!("[{what}]\n\n");
            }
        }
    }
    // The folder has another name in every run.
    let told = told.replace(&format!("{}/", work.path().display()), "work/");
    compare("classroom-walk", &told)
}

fn call(work: &Path, args: &[&str], status: i32) -> Result<String, Failed> {
    let program: PathBuf = std::env::current_exe()?;
    let output =
        Command::new(program).arg("--work").arg(work).args(args).stdin(Stdio::null()).output()?;
    let told = format!(
        "$ cargo xtask {}\n{}{}\n",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if output.status.code() == Some(status) {
        Ok(told)
    } else {
        Err(format!("the exit status is {}, not {status}:\n{told}", output.status).into())
    }
}
