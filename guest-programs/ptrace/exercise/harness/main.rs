//! Has the student's program trace another, and looks at what it says.
//!
//! Usage: harness NUMBER
//!
//! The other program is this one, with other arguments (tracee.rs). What it does:
//!
//! 1. Two system calls, one of which fails.
//! 2. It sends itself SIGUSR1, for which it has a handler.
//! 3. The same with SIGTRAP.
//! 4. It stops itself, and is continued from here.
//! 5. It executes itself again.
//! 6. It exits with NUMBER.
//! 7. It kills itself.

mod tracee;

use std::env::{args, current_exe};
use std::error::Error;
use std::io;
use std::iter::once;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use marker::mark;
use nix::sys::signal::{Signal, killpg};
use student::output::Output;
use student::pid;
use student::stop::unless_ended;

/// How long the program may take to say something.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long nothing has to happen to a program that is stopped.
const QUIET: Duration = Duration::from_millis(50);

/// What the program says when the one that it traces is stopped.
const STOPPED: &str = "--- SIGSTOP";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = args().skip(1).collect();
    if let [role, what, number] = &*arguments
        && role == tracee::ROLE
    {
        return tracee::run(what, number.parse()?);
    }
    marker::open_trace();
    let [number] = &*arguments else { return Err("usage: harness NUMBER".into()) };

    let says = |step: u32, what: &str, wanted: &[&str]| -> io::Result<()> {
        let (_, lines) = trace(step, what, number)?;
        mark_calls(step, &lines, wanted);
        Ok(())
    };
    let mask = format!("95 = {number}");
    let (tracer, lines) = trace(1, "calls", number)?;
    let parent = format!("110 = {}", tracer.id());
    mark_calls(1, &lines, &["3 = -9", &parent, &mask]);
    says(2, "signal", &["62 = 0", "--- SIGUSR1", "15 = 0", &mask])?;
    says(3, "trap", &["62 = 0", "--- SIGTRAP", "15 = 0", &mask])?;
    says(4, "stop", &["62 = 0", STOPPED, "--- SIGCONT", &mask])?;
    says(5, "exec", &[&mask])?;
    for (step, what, end) in [
        (6, "exits", format!("+++ exited with {number}")),
        (7, "killed", "+++ killed by SIGTERM".to_owned()),
    ] {
        match trace(step, what, number)?.1.last() {
            Some(line) if *line == end => mark!("{}. it says how it ended", step),
            Some(line) => mark!("{}. the last that it says: {}", step, line),
            None => mark!("{}. it says nothing", step),
        }
    }
    mark!("8. done");
    Ok(())
}

/// Has the student's program trace one that does `what`, and returns what it says.
fn trace(step: u32, what: &str, number: &str) -> io::Result<(Child, Vec<String>)> {
    mark!("{}. {}", step, what);
    let arguments = [tracee::ROLE, what, number].map(Into::into);
    let mut command = student::command(once(current_exe()?.into()).chain(arguments));
    // So that both get what is sent from here.
    command.stdout(Stdio::piped()).process_group(0);
    let mut program = student::spawn(&mut command)?;
    let mut output = Output::of(&mut program)?;
    let mut lines = Vec::new();
    if what == "stop" {
        lines = hear_stop(step, &mut output)?;
        mark!("{}. SIGCONT", step);
        unless_ended(killpg(pid(&program), Signal::SIGCONT))?;
    }
    lines.extend(output.hear(PATIENCE)?);
    unless_ended(killpg(pid(&program), Signal::SIGKILL))?;
    program.wait()?;
    Ok((program, lines))
}

/// Waits for the stop, and marks whether anything comes after it.
fn hear_stop(step: u32, output: &mut Output) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != STOPPED) {
        let heard = output.hear_some(1, PATIENCE)?;
        if heard.is_empty() {
            mark!("{}. it does not say {}", step, STOPPED);
            return Ok(lines);
        }
        lines.extend(heard);
    }
    let heard = output.hear(QUIET)?;
    match heard.first() {
        Some(line) => mark!("{}. it is not stopped: {}", step, line),
        None if output.ended => mark!("{}. it is not stopped, and has ended", step),
        None => mark!("{}. it is stopped", step),
    }
    lines.extend(heard);
    Ok(lines)
}

/// Marks whether the program has said what is wanted, between the last two sched_yield of
/// the one that it traces.
fn mark_calls(step: u32, lines: &[String], wanted: &[&str]) {
    let is_yield = |at: &usize| lines[*at] == tracee::YIELD;
    let yields: Vec<usize> = (0..lines.len()).filter(is_yield).collect();
    let [.., first, last] = *yields else {
        let first = lines.first().map_or("nothing", String::as_str);
        mark!("{}. it does not say `{}` twice; it begins: {}", step, tracee::YIELD, first);
        return;
    };
    let said = &lines[first + 1..last];
    if said == wanted {
        mark!("{}. it says what happens", step);
        return;
    }
    let mut pairs = said.iter().zip(wanted);
    let other = pairs.find(|(line, wanted)| line != wanted).map(|(line, _)| line);
    let other = other.or(said.get(wanted.len())).map_or("nothing more", String::as_str);
    mark!("{}. it says something else: {}", step, other);
}
