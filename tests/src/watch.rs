//! `watch`, on a pseudo-terminal and without one.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::sys::signal::{self, kill};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::Pid;
use rexpect::process::signal::Signal;
use rexpect::process::wait::WaitStatus;
use rexpect::session::spawn_command;

use crate::Test;

/// How long anything may take. A machine under load is slow.
const LIMIT_MS: u64 = 60_000;

/// The help about keys, which is shown after each check.
const HELP: &str = "c check  a all  t task  h hint  s solution  n next  l list  q quit";

/// One test with a terminal, one without.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Arc::new(Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?);
    lab.prepare(machine, &exercise)?;
    let solved = Arc::clone(&exercise);
    Ok(vec![
        Test::new("watch::at-a-terminal".to_owned(), move || terminal(&solved)),
        Test::new("watch::goes-on".to_owned(), move || goes_on(&exercise)),
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
        // The list, whose first row is this one.
        ("l", "6 of 6 points, 2 hints"),
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

/// After Ctrl-Z and `fg` keys still work at once, a file that is gone is named with its
/// path, and Ctrl-C ends it without a word.
fn goes_on(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--work").arg(work.path()).args(["watch"]).env("TERM", "dumb");
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    // At first it shows the task.
    session.exp_string("0 of 6 points")?;
    session.exp_string(HELP)?;
    session.exp_string("your file: ")?;
    session.exp_string(HELP)?;

    // A shell gives the terminal its own settings while a program is stopped.
    let pid = Pid::from_raw(session.process().child_pid.as_raw());
    kill(pid, signal::Signal::SIGSTOP)?;
    while !std::fs::read_to_string(format!("/proc/{pid}/stat"))?.contains(") T ") {
        std::thread::yield_now();
    }
    let terminal = &session.process().pty;
    let mut settings = tcgetattr(terminal)?;
    settings.local_flags.insert(LocalFlags::ICANON | LocalFlags::ECHO);
    tcsetattr(terminal, SetArg::TCSANOW, &settings)?;
    kill(pid, signal::Signal::SIGCONT)?;
    session.exp_string(HELP)?;
    session.send("h")?;
    session.flush()?;
    session.exp_string("1 of 3: ")?;
    session.exp_string(HELP)?;

    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    std::fs::remove_file(&file)?;
    session.exp_string(&format!("{} is gone", file.display()))?;
    session.exp_string(HELP)?;

    session.send_control('c')?;
    let rest = session.exp_eof()?;
    let ended = session.process().wait()?;
    match ended {
        WaitStatus::Signaled(_, Signal::SIGINT, _) if !rest.contains("error") => Ok(()),
        other => Err(format!("it ended by {other:?}, and said {rest:?}").into()),
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
