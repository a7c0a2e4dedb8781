//! Lessons made by `new` in a copy of the miniature course: they pass unchanged, and so
//! do their exercises.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use lab::course::Course;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::Lab;
use lab::scaffold::{NewName, Scaffold};
use libtest_mimic::Failed;
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::{Test, command_line, functions, sources};

/// One test for a lesson without a module and one for a lesson with a module.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let test = |name: &str, kmod: bool| {
        let lab = Arc::clone(lab);
        Test::new(format!("scaffold::{name}"), move || passes_as_it_is(&lab, kmod))
    };
    vec![test("a-new-lesson-passes", false), test("a-new-lesson-with-a-module-passes", true)]
}

fn passes_as_it_is(lab: &Lab<'_>, kmod: bool) -> Result<(), Failed> {
    let NewName(name) = "two-words".parse()?;
    let scaffold = Scaffold { name, kmod };
    let new: &[&str] = if kmod { &["new", "two-words", "--kmod"] } else { &["new", "two-words"] };
    let folder = tempfile::tempdir()?;
    let copy = Copy { lab, folder: folder.path() };
    copy.make()?;

    copy.call(new, 0)?;
    let files = scaffold.files().into_iter().map(|(path, _)| copy.course().join(path));
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    copy.call(&["run", "two-words"], 0)?;
    // What was just made is in the way of another one.
    copy.call(new, 2)?;

    let lesson = Course::open(&copy.course())?.find("two-words")?;
    let exercise = Exercise::read(&lesson, Seed::default())?;
    let faults = functions::unexplained(&[lesson])?;
    if !faults.is_empty() {
        return Err(faults.join("\n").into());
    }
    files.extend(sources::assembled(&exercise, folder.path())?);
    sources::are_formatted(&files)?;

    copy.call(&["start", "two-words"], 0)?;
    copy.judge(&exercise, &Sample::Stub, None)?;
    copy.judge(&exercise, &Sample::Solution, None)?;
    for mutant in &exercise.mutants {
        copy.judge(&exercise, &Sample::Mutant(mutant.name.clone()), Some(&mutant.hint))?;
    }
    Ok(())
}

/// A copy of the miniature course, with a student's work.
struct Copy<'a> {
    lab: &'a Lab<'a>,
    folder: &'a Path,
}

impl Copy<'_> {
    fn course(&self) -> PathBuf {
        self.folder.join("course")
    }

    /// Follows links, so that the copy is a complete course.
    fn make(&self) -> Result<(), Failed> {
        let (sh, course) = (Shell::new()?, self.course());
        sh.create_dir(&course)?;
        sh.change_dir(command_line::course());
        let parts = ["Cargo.toml", "Cargo.lock", "course.md", "guest-programs", "kmods"];
        cmd!(sh, "cp --recursive --dereference {parts...} {course}").quiet().run()?;
        Ok(())
    }

    /// Runs the command line on this course. It must end with this status.
    fn call(&self, args: &[&str], status: i32) -> Result<Output, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--course").arg(self.course()).arg("--work").arg(self.folder.join("work"));
        if let Some(source) = &self.lab.kernel.source {
            command.arg("--kernel-source").arg(source);
        }
        let output = command.args(args).stdin(Stdio::null()).output()?;
        if output.status.code() == Some(status) {
            return Ok(output);
        }
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        Err(format!("{args:?}: {}, not {status}:\n{told}", output.status).into())
    }

    /// Submits a sample. The solution must get all points, a mutant its own hint.
    fn judge(
        &self,
        exercise: &Exercise,
        sample: &Sample,
        hint: Option<&str>,
    ) -> Result<(), Failed> {
        let work = self.folder.join("work").join(exercise.lesson.name.to_string());
        std::fs::write(work.join(exercise.file.name()), exercise.sample(sample))?;
        let is_right = *sample == Sample::Solution;
        let output = self.call(&["check", "two-words", "--json"], i32::from(!is_right))?;
        let document: Value = serde_json::from_slice(&output.stdout)?;
        if document["compiler"].is_null() && document["hint"].as_str() == hint {
            Ok(())
        } else {
            Err(format!("{sample:?} should be answered with {hint:?}: {document:#}").into())
        }
    }
}
