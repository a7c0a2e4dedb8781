//! A child that dies of a signal whose default action dumps core.

use std::{fs, io};

use marker::check;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use steps::errno;

/// What the child does. Its core has only what is always in one: nothing of its memory
/// (core(5)).
pub fn crash() -> nix::Result<()> {
    fs::write("/proc/self/coredump_filter", "0").map_err(errno)?;
    raise(Signal::SIGABRT)
}

/// Waits for its end, and checks whether it has dumped core.
pub fn has_crashed(child: Pid, dumped: bool) -> io::Result<()> {
    let status = WaitStatus::Signaled(child, Signal::SIGABRT, dumped);
    check!("the child", waitpid(child, None)?, status);
    Ok(())
}
