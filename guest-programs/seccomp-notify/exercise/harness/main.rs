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

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::time::Duration;

use marker::mark;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::pipe;
use student::output::Output;
use student::pid;
use student::stop::unless_ended;

/// How long the program may take for what comes next.
const PATIENCE: Duration = Duration::from_millis(300);

const REFUSED: u8 = 2;
const THERE: u8 = 3;
const CHANGED: u8 = 4;
const INTERRUPTED: u8 = 5;
const KILLED: u8 = 6;
const LAST: u8 = 7;

/// Where the student's program runs.
const HOME: &str = "/tmp";

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

/// Whom the student's program asks, and who tells the caller what to do.
struct Person {
    number: String,
    questions: Output,
    answers: ChildStdin,
    order: File,
    report: File,
}

impl Person {
    /// Whether it has come to its end.
    fn step(&mut self, step: u8) -> Result<bool, Box<dyn Error>> {
        match step {
            REFUSED => mark!("{}. a directory is refused", step),
            THERE => mark!("{}. a directory that is there already", step),
            CHANGED => mark!("{}. a path that changes", step),
            INTERRUPTED => mark!("{}. a call that is interrupted", step),
            KILLED => mark!("{}. a caller that is killed", step),
            _ => mark!("{}. a directory is allowed", step),
        }
        self.order.write_all(&[step])?;
        let asked = self.hear_question(step)?;
        if let CHANGED | INTERRUPTED | KILLED = step {
            if !asked {
                return Ok(false);
            }
            self.order.write_all(&[ACT])?;
            if !self.is_reported(ACTED)? {
                return Ok(false);
            }
            mark!("{}. it has happened", step);
        }
        self.answer(step)?;
        if step == INTERRUPTED {
            self.hear_question(step)?;
            self.answer(step)?;
        }
        let ended = self.is_reported(ENDED)?;
        if step == CHANGED {
            match (self.is_there(&path(step, &self.number)), self.is_there("other")) {
                (true, false) => mark!("{}. the directory that was asked for is there", step),
                (false, true) => mark!("{}. another directory is there", step),
                _ => mark!("{}. no directory is there", step),
            }
        }
        Ok(ended)
    }

    fn is_there(&self, path: &str) -> bool {
        Path::new(HOME).join(path).is_dir()
    }

    /// Waits for the question, and marks whether it is the one that is due.
    fn hear_question(&mut self, step: u8) -> io::Result<bool> {
        let wanted = format!("mkdir {}?", path(step, &self.number));
        let heard = self.questions.hear_some(1, PATIENCE)?;
        match heard.first() {
            Some(line) if *line == wanted => {
                mark!("{}. it asks", step);
                if step == LAST {
                    match self.is_there(&path(KILLED, &self.number)) {
                        false => mark!("{}. nothing is there for who was killed", step),
                        true => mark!("{}. a directory is there for who was killed", step),
                    }
                }
                return Ok(true);
            }
            Some(line) => mark!("{}. it says something else: {}", step, line),
            None => mark!("{}. it does not ask", step),
        }
        Ok(false)
    }

    /// Answers. A program that has ended does not hear it.
    fn answer(&mut self, step: u8) -> io::Result<()> {
        let answer = if step == REFUSED { "no\n" } else { "yes\n" };
        match self.answers.write_all(answer.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Waits for the caller's report.
    fn is_reported(&mut self, wanted: u8) -> io::Result<bool> {
        let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.report.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 {
            return Ok(false);
        }
        let mut report = [0];
        self.report.read_exact(&mut report)?;
        Ok(report[0] == wanted)
    }
}
