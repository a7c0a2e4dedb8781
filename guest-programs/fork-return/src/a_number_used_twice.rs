//! `alloc_pid` (kernel/pid.c) may give a number again once its process has been waited
//! for. Whoever kept only the number signals a stranger; a pidfd knows that its process
//! is gone.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, getpid};
use steps::{ended_well, sleep_for_ever, start};

use crate::pidfd::{open_pidfd, signal_by_pidfd};
use crate::raw_fork::fork_as;

pub fn run() -> nix::Result<()> {
    scene!("8. clone3 with set_tid: a pid in use");
    let error = fork_as(getpid()).expect_err("this process has the pid");
    check!("clone3 with a pid in use", error, Errno::EEXIST);

    let child = start(|| Ok(()))?;
    let pidfd = open_pidfd(child)?;
    // A zombie keeps its pid.
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    let error = fork_as(child).expect_err("the zombie has the pid");
    check!("clone3 with a zombie's pid", error, Errno::EEXIST);
    ended_well(child)?;
    mark!("8. now the pid is free");
    let ForkResult::Parent { child: stranger } = fork_as(child)? else { sleep_for_ever() };
    check!("clone3 with set_tid", stranger, child);

    check!("pidfd_send_signal", signal_by_pidfd(&pidfd), Err(Errno::ESRCH));
    kill(child, Signal::SIGTERM)?;
    check!(
        "wait status",
        waitpid(stranger, None)?,
        WaitStatus::Signaled(stranger, Signal::SIGTERM, false)
    );
    println!("8. clone3 with set_tid: EEXIST while that pid lives or is a zombie;");
    println!("   after the wait it returns that pid, for a stranger");
    println!("   kill(pid) hits the stranger; the old pidfd says ESRCH");
    Ok(())
}
