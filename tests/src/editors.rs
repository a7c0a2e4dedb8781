//! What editors say about a student's files, asked of the programs that answer for them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use host::CLANGD;
use lab::classroom::{Work, editors};
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, StudentFile};
use lab::run::{Lab, Machine};
use libtest_mimic::{Completion, Failed};

use crate::Test;

/// A name that no header and no crate has.
const WRONG: &str = "nothing_of_this_name";

pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Vec<Test> {
    let test = |name: &str, run: fn(&Lab<'_>, &Machine) -> Result<Completion, Failed>| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::that_may_be_skipped(format!("editors::{name}"), move || run(&lab, &machine))
    };
    vec![
        test("clangd-diagnoses", clangd).needs(CLANGD),
        test("cargo-diagnoses", cargo),
        test("rust-analyzer-diagnoses", rust_analyzer),
    ]
}

/// A folder where all exercises of one kind were started, with what editors need.
struct Started {
    folder: tempfile::TempDir,
    files: Vec<(Exercise, PathBuf)>,
}

impl Started {
    fn new(
        lab: &Lab<'_>,
        machine: &Machine,
        is_wanted: fn(&Exercise) -> bool,
    ) -> Result<Started, Failed> {
        let folder = tempfile::tempdir()?;
        let work = Work::at(folder.path().to_owned());
        let mut exercises = lab.course.exercises(Seed::default())?;
        exercises.retain(is_wanted);
        for exercise in &exercises {
            work.start(exercise)?;
        }
        editors::write(lab, &work, Some(&machine.kernel))?;
        let files = exercises.into_iter().map(|exercise| {
            let file = work.file(&exercise);
            (exercise, file)
        });
        Ok(Started { files: files.collect(), folder })
    }

    /// Inserts a line into a file, as the first that `is_place` likes, and returns its
    /// number.
    fn insert(file: &Path, line: &str, is_place: fn(&str) -> bool) -> Result<usize, Failed> {
        let text = std::fs::read_to_string(file)?;
        let mut lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| is_place(line)).ok_or("there is no place")?;
        lines.insert(at, line);
        std::fs::write(file, lines.join("\n") + "\n")?;
        Ok(at + 1)
    }
}

fn is_module(exercise: &Exercise) -> bool {
    matches!(exercise.file, StudentFile::Module { .. })
}

fn is_program(exercise: &Exercise) -> bool {
    matches!(exercise.file, StudentFile::Program { .. })
}

fn output(command: &mut Command) -> Result<(Output, String), Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    let told = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let told = told.concat();
    Ok((output, told))
}

/// clangd finds nothing in any stub and solution, and a wrong line at its place.
fn clangd(lab: &Lab<'_>, machine: &Machine) -> Result<Completion, Failed> {
    let started = Started::new(lab, machine, is_module)?;
    let diagnoses = |file: &Path| -> Result<Vec<String>, Failed> {
        let check = format!("--check={}", file.display());
        // Diagnoses are of the whole file. On these lines clangd also tries every change that
        // it could offer, and clangd 21 fails in one of its own. Line 1 is a comment.
        let (output, told) = output(Command::new(CLANGD).arg(check).arg("--check-lines=1"))?;
        // `E[12:00:00.000] [undeclared_var_use] Line 40: use of …`, and the same for a
        // warning.
        let diagnosis = |line: &str| Some(line.split_once("] [")?.1.to_owned());
        let found: Vec<String> = told.lines().filter_map(diagnosis).collect();
        match (output.status.code(), found.is_empty()) {
            (Some(0), true) | (Some(_), false) => Ok(found),
            _ => Err(told.into()),
        }
    };
    for (exercise, file) in &started.files {
        for sample in [Sample::Stub, Sample::Solution] {
            std::fs::write(file, exercise.sample(&sample))?;
            let found = diagnoses(file)?;
            if !found.is_empty() {
                return Err(format!("`{}` as {sample:?}: {found:#?}", file.display()).into());
            }
        }
    }
    let (_, file) = started.files.first().ok_or("no exercise asks for a module")?;
    let wrong = format!("static const int wrong = {WRONG};");
    let at = Started::insert(file, &wrong, |line| line.starts_with("static "))?;
    let found = diagnoses(file)?;
    let is_it = |found: &String| found.contains(&format!("Line {at}: ")) && found.contains(WRONG);
    match found.iter().any(is_it) {
        true => Ok(Completion::Completed),
        false => Err(format!("line {at} is wrong, but clangd says {found:#?}").into()),
    }
}

/// Cargo, which rust-analyzer asks whenever a file is saved, accepts every stub and
/// solution without network, and names the place of a wrong line.
fn cargo(lab: &Lab<'_>, machine: &Machine) -> Result<Completion, Failed> {
    let started = Started::new(lab, machine, is_program)?;
    let check = || {
        let mut check = Command::new("cargo");
        check.args(["check", "--offline", "--quiet", "--message-format=short"]);
        output(check.current_dir(started.folder.path()).env_remove("CARGO_TARGET_DIR"))
    };
    for sample in [Sample::Stub, Sample::Solution] {
        for (exercise, file) in &started.files {
            std::fs::write(file, exercise.sample(&sample))?;
        }
        let (output, told) = check()?;
        if !output.status.success() || told.contains("error") {
            return Err(format!("{sample:?}:\n{told}").into());
        }
    }
    let (exercise, file) = started.files.first().ok_or("no exercise asks for a program")?;
    let wrong = format!("fn wrong() -> u32 {{ {WRONG} }}");
    let at = Started::insert(file, &wrong, |line| line.starts_with("fn "))?;
    let (_, told) = check()?;
    let place = format!("{}/{}:{at}:", exercise.lesson.name, exercise.file.name());
    let left = std::fs::exists(started.folder.path().join("target"))?;
    match told.lines().any(|line| line.starts_with(&place) && line.contains(WRONG)) && !left {
        true => Ok(Completion::Completed),
        false => Err(format!("`{place}` is wrong; files are left: {left}:\n{told}").into()),
    }
}

/// rust-analyzer loads all programs, and finds an error only in a wrong one.
fn rust_analyzer(lab: &Lab<'_>, machine: &Machine) -> Result<Completion, Failed> {
    const PROGRAM: &str = "rust-analyzer";
    // rustup has a program of this name that only says that there is none.
    let is_there = Command::new(PROGRAM).arg("--version").output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        return Ok(Completion::ignored_with(format!("the host has no {PROGRAM}")));
    }
    let started = Started::new(lab, machine, is_program)?;
    let diagnoses = || output(Command::new(PROGRAM).arg("diagnostics").arg(started.folder.path()));
    let (output, told) = diagnoses()?;
    if !output.status.success() {
        return Err(told.into());
    }
    let (_, file) = started.files.first().ok_or("no exercise asks for a program")?;
    // Of what rust-analyzer finds by itself, without asking Cargo.
    let wrong = "fn wrong() -> u32 { \"text\" }";
    let at = Started::insert(file, wrong, |line| line.starts_with("fn "))?;
    let (output, told) = diagnoses()?;
    // It counts lines from 0.
    let place = format!("LineCol {{ line: {}, ", at - 1);
    let is_it = |line: &str| line.contains(&file.display().to_string()) && line.contains(&place);
    match !output.status.success() && told.lines().any(is_it) {
        true => Ok(Completion::Completed),
        false => Err(format!("line {at} of `{}` is wrong:\n{told}", file.display()).into()),
    }
}
