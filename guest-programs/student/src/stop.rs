//! Stopping a student's program. That it has ended by then is its own fault, and no
//! failure of the harness.

use std::process::Child;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};

use crate::pid;

/// Stops the program, and waits until it has stopped or ended.
pub fn stop(program: &Child) -> nix::Result<WaitStatus> {
    unless_ended(kill(pid(program), Signal::SIGSTOP))?;
    stopped(program)
}

/// Lets a stopped program go on.
pub fn go_on(program: &Child) -> nix::Result<()> {
    unless_ended(kill(pid(program), Signal::SIGCONT))
}

/// Waits until the program has stopped or ended, and says which. A program that has
/// ended can still be waited for.
pub fn stopped(program: &Child) -> nix::Result<WaitStatus> {
    let any = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(pid(program)), any)
}

/// The result of a call about the program, which may find nobody there any more.
pub fn unless_ended(result: nix::Result<()>) -> nix::Result<()> {
    match result {
        Err(Errno::ESRCH) => Ok(()),
        result => result,
    }
}
