//! `pidfd_poll` (fs/pidfs.c) says that a pidfd is readable when its process has exited,
//! and hung up when somebody has waited for it.

use marker::{check, scene};
use nix::poll::PollFlags;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use steps::{sleep_for_ever, start};

use crate::pidfd::{open_pidfd, poll_now};

pub fn run() -> nix::Result<()> {
    scene!("9. poll of a pidfd");
    let child = start(|| sleep_for_ever())?;
    let pidfd = open_pidfd(child)?;
    check!("revents, alive", poll_now(&pidfd)?, PollFlags::empty());
    kill(child, Signal::SIGKILL)?;
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    check!("revents, a zombie", poll_now(&pidfd)?, PollFlags::POLLIN);
    check!(
        "wait status",
        waitpid(child, None)?,
        WaitStatus::Signaled(child, Signal::SIGKILL, false)
    );
    check!("revents, waited for", poll_now(&pidfd)?, PollFlags::POLLIN | PollFlags::POLLHUP);
    println!("9. a pidfd: alive 0, a zombie POLLIN, waited for POLLIN|POLLHUP");
    Ok(())
}
