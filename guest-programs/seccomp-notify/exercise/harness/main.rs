//! Has the student's supervisor make directories for a program, and is the person whom it
//! asks.
//!
//! Usage: harness NUMBER
//!
//! The program is this one, with other arguments (caller.rs). In each step, a child of it
//! calls mkdir(2):
//!
//! 1. It is allowed.
//! 2. It is refused.
//! 3. It is allowed, and the directory is there already.
//! 4. It is allowed, and the path has changed since the question.
//! 5. A signal has interrupted the call since the question.
//! 6. The caller has been killed since the question.
//! 7. It is allowed.

mod caller;
mod person;

use std::error::Error;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use marker::mark;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::pipe;
use student::output::Output;
use student::pid;
use student::stop::unless_ended;

use crate::person::Person;

const REFUSED: u8 = 2;
const THERE: u8 = 3;
const CHANGED: u8 = 4;
const INTERRUPTED: u8 = 5;
const KILLED: u8 = 6;
const LAST: u8 = 7;

/// What the harness orders besides a step, and what the caller reports.
const ACT: u8 = b'!';
const ACTED: u8 = b'.';
const ENDED: u8 = b'e';

/// The path of a step's directory.
fn path(step: u8, number: &str) -> String {
    match step {
        THERE => path(1, number),
        _ => format!("dir-{number}-{step}"),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, number, orders, reports] = &*arguments
        && role == caller::ROLE
    {
        return caller::run(number, orders.parse()?, reports.parse()?);
    }
    marker::open_trace();
    let [number] = &*arguments else { return Err("usage: harness NUMBER".into()) };
    // Not closed when a program is executed: the caller uses the other ends.
    let (orders, order) = pipe()?;
    let (report, reports) = pipe()?;
    let fd = |fd: &OwnedFd| fd.as_raw_fd().to_string();
    let harness = std::env::current_exe()?.display().to_string();
    let arguments = [harness, caller::ROLE.to_owned(), number.clone(), fd(&orders), fd(&reports)];
    let mut command = student::command(arguments.into_iter().map(Into::into));
    // A group of their own, so that all can be killed.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
    let mut program = student::spawn(&mut command)?;
    let mut person = Person {
        number: number.clone(),
        questions: Output::of(&mut program)?,
        answers: program.stdin.take().ok_or("it has a pipe")?,
        order: order.into(),
        report: report.into(),
    };
    for step in 1..=LAST {
        if !person.step(step)? {
            break;
        }
    }
    mark!("8. done");
    unless_ended(killpg(pid(&program), Signal::SIGKILL))?;
    program.wait()?;
    Ok(())
}
