//! A student's module in other places than its exercise, and the lab's own modules by
//! their folder.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;

/// What the student's module says, and the lesson's does not.
const VERSION: &str = "cat /sys/module/lab_kill_pid/version";

/// One test for each command, and one for what is refused.
pub fn all(lab: &Arc<Lab<'static>>) -> Result<Vec<Test>, Error> {
    let exercise = Arc::new(Exercise::read(&lab.course.find("kill-pid")?, Seed::default())?);
    let test = |name: &str, test: fn(&Exercise) -> Result<(), Failed>| {
        let exercise = Arc::clone(&exercise);
        Test::new(format!("mine::{name}"), move || test(&exercise))
    };
    Ok(vec![
        test("exec", exec),
        test("exec-of-the-labs-own", labs_own),
        test("shell", shell),
        test("run", run),
        test("what-is-no-module-is-refused", refused),
    ])
}

fn exec(exercise: &Exercise) -> Result<(), Failed> {
    let work = started(exercise)?;
    let folder = work.path().join(exercise.lesson.name.as_str());
    let folder = folder.to_string_lossy();
    let command = ["exec", "--kmod-src", &folder, "--", "sh", "-c", VERSION];
    expect(work.path(), &command, "", 0, "mine\n")
}

/// `lab_errno` wants `lab_trace`, which comes along.
fn labs_own(_: &Exercise) -> Result<(), Failed> {
    let folder = builder::root().join("kmods/errno");
    let folder = folder.to_string_lossy();
    let command = ["exec", "--kmod-src", &folder, "--", "ls", "/dev/lab_errno"];
    expect(tempfile::tempdir()?.path(), &command, "", 0, "/dev/lab_errno\n")
}

fn shell(exercise: &Exercise) -> Result<(), Failed> {
    let work = started(exercise)?;
    let typed = format!("insmod /lab/lab_kill_pid.ko; {VERSION}\n");
    expect(work.path(), &["shell", "kill-pid", "--mine"], &typed, 0, "mine\n")
}

/// The lesson's program is told why the student's module is not loaded.
fn run(exercise: &Exercise) -> Result<(), Failed> {
    let work = started(exercise)?;
    let file = work.path().join(exercise.lesson.name.as_str()).join(exercise.file.name());
    std::fs::copy(builder::root().join("tests/without-work/fails.c"), file)?;
    expect(work.path(), &["run", "kill-pid", "--mine"], "", 1, "Cannot allocate memory")
}

fn refused(_: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let program = "error: the exercise of sigchld is a program, not a module\n";
    expect(work.path(), &["run", "sigchld", "--mine"], "", 2, program)?;
    let missing = "error: kill-pid has not been started\n";
    expect(work.path(), &["shell", "kill-pid", "--mine"], "", 2, missing)
}

/// A folder with the exercise's solution, which says its version.
fn started(exercise: &Exercise) -> Result<tempfile::TempDir, Failed> {
    let work = tempfile::tempdir()?;
    let folder = work.path().join(exercise.lesson.name.as_str());
    std::fs::create_dir(&folder)?;
    let text = exercise.sample(&Sample::Solution) + "MODULE_VERSION(\"mine\");\n";
    std::fs::write(folder.join(exercise.file.name()), text)?;
    Ok(work)
}

/// Runs the command line with an input, and looks for a part of what it says.
fn expect(work: &Path, args: &[&str], input: &str, status: i32, part: &str) -> Result<(), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--work")
        .arg(work)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("it has an input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    match output.status.code() == Some(status) && told.contains(part) {
        true => Ok(()),
        false => Err(format!("{}, and no {part:?} in:\n{told}", output.status).into()),
    }
}
