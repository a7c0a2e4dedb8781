//! Gives the student's program its orders: three values at once, then a
//! worker, then the end.
//!
//! Usage: harness VALUE VALUE VALUE

use std::error::Error;
use std::io;
use std::process::Child;
use std::ptr;
use std::time::Duration;

use marker::mark;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use student::stop::{go_on, stop, unless_ended};
use student::wait::{system_call, until};

/// The signal that brings a value: the first real-time signal that glibc leaves
/// to programs.
const VALUE: c_int = 34;

/// How long the program may take to carry out an order.
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let values: Vec<usize> =
        std::env::args().skip(1).map(|value| value.parse()).collect::<Result<_, _>>()?;
    let mut program = student::start([])?;
    let pid = student::pid(&program);
    until(&mut program, PATIENCE, is_asleep)?;

    // Stopped, it gets all of them at once.
    mark!("1. three values at once");
    let state = stop(&program)?;
    for &value in &values {
        unless_ended(sigqueue(pid, VALUE, value))?;
    }
    if matches!(state, WaitStatus::Stopped(..)) {
        go_on(&program)?;
    }
    until(&mut program, PATIENCE, is_asleep)?;

    mark!("2. a worker is asked for");
    unless_ended(kill(pid, Signal::SIGUSR1))?;
    until(&mut program, PATIENCE, is_asleep)?;

    mark!("3. the end is asked for");
    unless_ended(kill(pid, Signal::SIGTERM))?;
    until(&mut program, PATIENCE, |_| Ok(false))?;
    if program.try_wait()?.is_none() {
        program.kill()?;
    }
    student::wait(&mut program)?;
    Ok(())
}

/// Whether the program sleeps.
fn is_asleep(program: &Child) -> io::Result<bool> {
    Ok(system_call(program)?.is_some())
}

/// sigqueue(3), which nix does not have.
fn sigqueue(pid: Pid, signal: c_int, value: usize) -> nix::Result<()> {
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value) };
    // SAFETY: it reads its arguments, and nobody follows the pointer.
    Errno::result(unsafe { libc::sigqueue(pid.as_raw(), signal, value) }).map(drop)
}
