//! A descriptor alone protects from nothing. On the way back to user space `get_signal`
//! (kernel/signal.c) takes a signal that is not blocked, and ends the process as
//! always.

use std::io;

use marker::{check, scene};
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::getpid;
use steps::start_when_forked;

use crate::records::{one, usr1_and_rtmin};

pub fn run() -> io::Result<()> {
    let child = start_when_forked(|| {
        let signals = SignalFd::new(&usr1_and_rtmin())?;
        scene!("1. SIGUSR1, not blocked: dies before it reads");
        kill(getpid(), Signal::SIGUSR1)?;
        one(&signals)?;
        Ok(())
    })?;
    check!(
        "not blocked",
        waitpid(child, None)?,
        WaitStatus::Signaled(child, Signal::SIGUSR1, false)
    );
    println!("1. not blocked: SIGUSR1 kills the process, signalfd or not");
    Ok(())
}
