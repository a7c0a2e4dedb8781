//! Writes into the two pipes of the student's program, and listens to what it says.
//!
//! Usage: harness NUMBER NUMBER NUMBER NUMBER NUMBER

use std::collections::VecDeque;
use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use marker::mark;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, dup2_raw, pipe2};
use student::output::Output;

/// The descriptor that the student's program reads the right input from. Above
/// all that this harness has open.
const RIGHT: RawFd = 10;

/// How long the program may take to say what it has read: no tick comes so soon.
const PATIENCE: Duration = Duration::from_millis(60);

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<String> = std::env::args().skip(1).collect();
    let [a, b, c, d, e] = numbers.as_slice() else {
        return Err("usage: harness NUMBER NUMBER NUMBER NUMBER NUMBER".into());
    };
    let (mut listener, mut program, mut left, mut right) = start()?;

    mark!("1. a line from the left");
    tell(&mut left, a)?;
    mark!("1. it relayed {}", listener.relayed()?);

    mark!("2. a line from the right");
    tell(&mut right, b)?;
    mark!("2. it relayed {}", listener.relayed()?);

    mark!("3. silence");
    mark!("3. it ticked {} times in 330 ms", listener.ticks(330)?);

    mark!("4. a line from the left");
    tell(&mut left, c)?;
    mark!("4. it relayed {}", listener.relayed()?);

    // It has said the line, and has yet to go back to its select: let it sleep
    // there, which it does for 100 ms.
    listener.ticks(20)?;
    mark!("5. a signal");
    // Not yet waited for, so the number is still the program's.
    kill(Pid::from_raw(program.id() as i32), Signal::SIGUSR1)?;
    mark!("5. it {}", if listener.ticks(130)? > 0 { "ticked" } else { "did not tick" });

    mark!("6. a line from the right");
    tell(&mut right, d)?;
    mark!("6. it relayed {}", listener.relayed()?);

    mark!("7. the left is at its end");
    drop(left);
    mark!("7. it ticked {} times in 230 ms", listener.ticks(230)?);

    mark!("8. a line from the right");
    tell(&mut right, e)?;
    mark!("8. it relayed {}", listener.relayed()?);

    mark!("9. the right is at its end");
    drop(right);
    listener.ticks(50)?;
    if program.try_wait()?.is_none() {
        program.kill()?;
    }
    student::wait(&mut program)?;
    Ok(())
}

/// Starts the student's program between three pipes.
fn start() -> io::Result<(Listener, Child, File, File)> {
    let (left, left_in) = pipe2(OFlag::O_CLOEXEC)?;
    let (right, right_in) = pipe2(OFlag::O_CLOEXEC)?;
    let mut command = student::command([]);
    command.stdin(left).stdout(Stdio::piped());
    let number = right.as_raw_fd();
    // SAFETY: one system call, and nobody owns the new number: it is the
    // program's from its start.
    unsafe {
        command.pre_exec(move || {
            std::mem::forget(dup2_raw(borrowed(number), RIGHT)?);
            Ok(())
        })
    };
    let mut program = student::spawn(&mut command)?;
    let listener = Listener { output: Output::of(&mut program)?, lines: VecDeque::new() };
    Ok((listener, program, left_in.into(), right_in.into()))
}

/// A descriptor by its number, for the child.
fn borrowed(number: RawFd) -> impl AsFd {
    // SAFETY: `start` holds it open over the fork.
    unsafe { std::os::fd::BorrowedFd::borrow_raw(number) }
}

/// Writes a line to an input. That nobody reads it any more is the program's
/// own fault.
fn tell(input: &mut File, line: &str) -> io::Result<()> {
    match input.write_all(format!("{line}\n").as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// What the program says.
struct Listener {
    output: Output,
    /// Lines not yet looked at.
    lines: VecDeque<String>,
}

impl Listener {
    /// The next line that is no tick; `nothing` if there is none.
    fn relayed(&mut self) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(line) = self.line(deadline)? {
            if line != "tick" {
                return Ok(format!("`{line}`"));
            }
        }
        Ok("nothing".to_owned())
    }

    /// How many ticks come in so many milliseconds.
    fn ticks(&mut self, ms: u64) -> io::Result<usize> {
        let deadline = Instant::now() + Duration::from_millis(ms);
        let mut ticks = 0;
        while let Some(line) = self.line(deadline)? {
            ticks += usize::from(line == "tick");
        }
        Ok(ticks)
    }

    /// The next line, if it comes before the deadline.
    fn line(&mut self, deadline: Instant) -> io::Result<Option<String>> {
        if self.lines.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            self.lines.extend(self.output.hear_some(1, left)?);
        }
        Ok(self.lines.pop_front())
    }
}
