//! Registers with the student's `lab_siginfo` and takes the signals that it
//! sends, in each of the ways in which a signal can be taken.
//!
//! Usage: harness SIGNAL VALUE
//!
//! 1. Three signals come, and each is taken in another way.
//! 2. More signals come than there is room for.
//!
//! Another process makes the device interrupt: the task that is interrupted is
//! not the one to signal.

mod lost;
mod ways;

use std::io;
use std::os::fd::OwnedFd;

use marker::mark;
use nix::sys::wait::waitpid;
use siginfo::{MODULE, QUEUE, Target};
use student::edu::Edu;
use student::module;

fn main() -> io::Result<()> {
    marker::open_trace();
    let mut arguments =
        std::env::args().skip(1).map(|n| n.parse::<i32>().map_err(io::Error::other));
    let mut argument = || arguments.next().unwrap_or(Err(io::ErrorKind::InvalidInput.into()));
    let (signal, value) = (argument()?, argument()?);
    steps::block(signal)?;
    if module::load("lab_siginfo", c"").is_err() {
        return Ok(());
    }
    let edu = Edu::map()?;
    let target = Target { signal: signal as u32, send: QUEUE, value, padding: 0 };

    mark!("1. three signals, each taken in another way");
    if let Some(device) = register(target) {
        interrupt(&edu, 3)?;
        ways::take_each_in_another(signal)?;
        drop(device);
    }
    mark!("2. more signals than there is room for");
    if let Some(device) = register(target) {
        lost::some_are_lost(&edu, signal)?;
        drop(device);
    }
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    module::mark_reports()
}

/// The open file that the registration belongs to; that there is none is the
/// student's doing.
fn register(target: Target) -> Option<OwnedFd> {
    let device = siginfo::open_device();
    let registered = device.and_then(|device| siginfo::register(&device, target).map(|()| device));
    match registered {
        Ok(device) => {
            mark!("registered");
            Some(device)
        }
        Err(error) => {
            mark!("not registered: {}", error);
            None
        }
    }
}

/// Makes the device interrupt, while another process has the processor.
fn interrupt(edu: &Edu, times: u32) -> io::Result<()> {
    let child = steps::start(|| {
        for _ in 0..times {
            edu.raise(1);
        }
        Ok(())
    })?;
    waitpid(child, None)?;
    Ok(())
}

fn told(value: Option<i32>) -> String {
    value.map_or("no signal".to_owned(), |value| value.to_string())
}
