//! A child that does some work and exits with what it returns, and its end.

use marker::check;
use nix::libc::c_int;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use steps::exit;

/// Starts a child that does `work` and exits with the status it returns.
pub fn start(work: impl FnOnce() -> nix::Result<c_int>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => match work() {
            Ok(status) => exit(status),
            Err(error) => {
                println!("wrong: a child failed: {error}");
                exit(1)
            }
        },
    }
}

pub fn reap(child: Pid) -> nix::Result<()> {
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
