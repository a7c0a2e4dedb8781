//! A child: fork(2), _exit(2) and waitpid(2).

use marker::check;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, pause};

use crate::wait_until_asleep;

/// Starts a child that does `work`. It exits with 0 if that went well, else with the
/// errno.
///
/// Only for a program with one thread: a child has only the thread that forked, and
/// a lock that another thread held stays locked in it.
pub fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => exit(work().err().map_or(0, |error| error as c_int)),
    }
}

/// Starts a child that does `work` as soon as this process sleeps.
pub fn start_when_asleep(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    let parent = getpid();
    start(|| {
        wait_until_asleep(parent)?;
        work()
    })
}

/// _exit(2), not exit(3): the child must not do what the parent registered for its
/// own exit.
pub fn exit(status: c_int) -> ! {
    // SAFETY: it ends the process, and any status will do.
    unsafe { libc::_exit(status) }
}

/// Sleeps until a signal ends the process.
pub fn sleep_for_ever() -> ! {
    loop {
        pause();
    }
}

/// Waits for the exit of a child that [`start`] started, and returns how its work
/// went.
pub fn ended(child: Pid) -> nix::Result<nix::Result<()>> {
    waitpid(child, None).map(exit_of)
}

/// How the work of a child that [`start`] started went, by its wait status.
pub fn exit_of(status: WaitStatus) -> nix::Result<()> {
    match status {
        WaitStatus::Exited(_, 0) => Ok(()),
        WaitStatus::Exited(_, error) => Err(Errno::from_raw(error)),
        _ => Err(Errno::UnknownErrno),
    }
}

/// Waits for the exit of a child, and checks that its work went well.
pub fn ended_well(child: Pid) -> nix::Result<()> {
    check!("end of a child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
