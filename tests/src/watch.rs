//! `watch`, on a pseudo-terminal and without one.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use rexpect::process::wait::WaitStatus;
use rexpect::session::spawn_command;

use crate::Test;

/// How long anything may take. A machine under load is slow.
const LIMIT_MS: u64 = 60_000;

/// The help about keys, which is shown after each check.
const HELP: &str = "c check  h hint  n next exercise  l list  q quit";

/// One test with a terminal, one without.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Arc::new(Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?);
    lab.prepare(machine, &exercise)?;
    let solved = Arc::clone(&exercise);
    Ok(vec![
        Test::new("watch::at-a-terminal".to_owned(), move || terminal(&solved)),
        Test::new("watch::without-a-terminal".to_owned(), without),
    ])
}

/// Each key works at once, and saving starts a check without a key.
fn terminal(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    // The terminal has neither colours nor a size.
    command.arg("--work").arg(work.path()).args(["watch", "1"]).env("TERM", "dumb");
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    session.exp_string("0 of 6 points")?;
    session.exp_string(HELP)?;

    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    std::fs::write(&file, exercise.sample(&Sample::Solution))?;
    session.exp_string("6 of 6 points")?;
    session.exp_string(HELP)?;

    for (key, answer) in [
        ("h", "1 of 3: "),
        ("h", "2 of 3: "),
        ("c", "6 of 6 points"),
        ("l", "sigchld        6 of 6 points, 2 hints"),
        ("x", HELP),
    ] {
        session.send(key)?;
        session.flush()?;
        session.exp_string(answer)?;
    }
    session.send("q")?;
    session.flush()?;
    session.exp_eof()?;
    match session.process().wait()? {
        WaitStatus::Exited(_, 0) => Ok(()),
        other => Err(format!("it ended by {other:?}").into()),
    }
}

/// The first letter of a line is a key, and the end of the input ends `watch`.
fn without() -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--work")
        .arg(work.path())
        .args(["watch", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("it has an input")?.write_all(b"hint\n")?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let points = told.find("0 of 6 points").ok_or_else(|| format!("no points: {told}"))?;
    if output.status.success() && told[points..].contains("\n1 of 3: ") {
        Ok(())
    } else {
        Err(format!("{}: {told}", output.status).into())
    }
}
