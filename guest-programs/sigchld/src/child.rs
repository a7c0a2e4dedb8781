//! A child that does some work, and what it may do.

use nix::libc::c_int;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{ForkResult, Pid, fork};
use steps::exit;

/// Starts a child that does `work` and exits with the status it returns.
pub fn start(work: impl FnOnce() -> c_int) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => exit(work()),
    }
}

pub fn stop() {
    if raise(Signal::SIGSTOP).is_err() {
        exit(1);
    }
}
