//! A death by signal: `do_notify_parent` (kernel/signal.c) puts the signal's number
//! into si_status. The parent calls kill(2) here, for SIGKILL; the SIGCHLD that follows
//! is the child's.

use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{sleep_for_ever, start};

use crate::handler::{check_handler, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("2. a child is killed");
    let child = start(|| sleep_for_ever())?;
    kill(child, Signal::SIGKILL)?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_KILLED, child, libc::SIGKILL);
    check!(
        "wait status",
        waitpid(child, None)?,
        WaitStatus::Signaled(child, Signal::SIGKILL, false)
    );
    println!("2. killed: CLD_KILLED from the child, si_status 9 (SIGKILL)");
    Ok(())
}
