//! Uses the student's `lab_signal_self`, and sends signals to those who are in
//! it.
//!
//! Usage: harness BYTES
//!
//! 1. No signal: both calls do their work.
//! 2. A signal whose handler has no SA_RESTART ends a read.
//! 3. One whose handler has SA_RESTART does not end it.
//! 4. SIGKILL ends the reader.
//! 5. A signal comes while somebody writes.

mod reader;
mod writer;

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use marker::mark;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, Signal, kill};
use nix::unistd::Pid;
use signal_self::MODULE;
use student::edu::Edu;
use student::module;

use reader::Reader;

/// Long enough for everything that is to happen at once; guest time.
const PATIENCE: Duration = Duration::from_millis(300);

fn main() -> io::Result<()> {
    marker::open_trace();
    let bytes: usize = std::env::args()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other("usage: harness BYTES"))?;
    if module::load("lab_signal_self", c"").is_err() {
        return Ok(());
    }
    let edu = Edu::map()?;
    without_a_signal(&edu, bytes)?;
    a_handler_without_restart(&edu)?;
    a_handler_with_restart(&edu)?;
    a_kill(&edu)?;
    writer::is_interrupted(bytes)?;
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    module::mark_reports()
}

/// Nobody sends anything.
fn without_a_signal(edu: &Edu, bytes: usize) -> io::Result<()> {
    mark!("1. no signal");
    let reader = Reader::start(1, SaFlags::empty())?;
    reader.sleeps()?;
    edu.raise(1);
    reader.wait_or_wake(edu)?;
    writer::is_left_alone(bytes)
}

/// The read fails with EINTR.
fn a_handler_without_restart(edu: &Edu) -> io::Result<()> {
    mark!("2. a handler without SA_RESTART");
    let reader = Reader::start(2, SaFlags::empty())?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGUSR1)?;
    reader.wait_or_wake(edu)
}

/// The read goes on when the handler has run, and returns when it is woken.
fn a_handler_with_restart(edu: &Edu) -> io::Result<()> {
    mark!("3. a handler with SA_RESTART");
    let reader = Reader::start(3, SaFlags::SA_RESTART)?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGUSR1)?;
    let mut handled = [PollFd::new(reader.handled.as_fd(), PollFlags::POLLIN)];
    let patience = PollTimeout::try_from(PATIENCE).map_err(io::Error::other)?;
    match poll(&mut handled, patience)? {
        0 => mark!("3. the handler does not run"),
        _ => mark!("3. the handler has run, and nobody has woken the read"),
    }
    // If its read was not called again, it has ended, and there is nobody to wake.
    if reader.sleeps()? {
        edu.raise(1);
    }
    reader.wait_or_wake(edu)
}

fn a_kill(edu: &Edu) -> io::Result<()> {
    mark!("4. SIGKILL");
    let reader = Reader::start(4, SaFlags::empty())?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGKILL)?;
    reader.wait_or_wake(edu)
}

/// Starts a child that does `work`, then exits.
fn start(work: impl FnOnce() -> io::Result<()>) -> nix::Result<Pid> {
    steps::start(|| {
        if let Err(error) = work() {
            mark!("failed: {}", error.to_string());
        }
        Ok(())
    })
}

/// What a read or write of the device returned.
fn told(result: io::Result<usize>) -> String {
    match result {
        Ok(bytes) => format!("{bytes} bytes"),
        Err(error) => match error.raw_os_error() {
            Some(number) => format!("{:?}", Errno::from_raw(number)),
            None => error.to_string(),
        },
    }
}
