//! A child that dies of a signal whose default action dumps core.

use std::io;

use marker::check;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// What the child does.
pub fn crash() -> nix::Result<()> {
    raise(Signal::SIGABRT)
}

/// Waits for its end, and checks whether it has dumped core.
pub fn has_crashed(child: Pid, dumped: bool) -> io::Result<()> {
    let status = WaitStatus::Signaled(child, Signal::SIGABRT, dumped);
    check!("the child", waitpid(child, None)?, status);
    Ok(())
}
