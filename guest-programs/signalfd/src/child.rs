//! A child that does some work once its parent has left fork(2), and its end.

use std::io;

use marker::check;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use steps::Gate;
use steps::exit;

/// Somebody else than root, to be seen in `ssi_uid`.
pub const STUDENT: u32 = 1000;

/// Starts a child that does `work`, then exits: with 0 if that went well. Before
/// that it waits until the parent has left fork(2). A C library may block all
/// signals in there, and a SIGCHLD that comes meanwhile is kept: it would be
/// delivered afterwards, and would wake an epoll instance, whichever it watches.
pub fn start(work: impl FnOnce() -> io::Result<()>) -> nix::Result<Pid> {
    let gate = Gate::new()?;
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => gate.open().map(|()| child),
        ForkResult::Child => match gate.wait().map_err(io::Error::from).and_then(|()| work()) {
            Ok(()) => exit(0),
            Err(error) => {
                println!("wrong: a child fails: {error}");
                exit(1)
            }
        },
    }
}

/// Waits until a child has done its work.
pub fn wait_for(child: Pid) -> io::Result<()> {
    check!("child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
