//! A standard signal does not queue: while one SIGCHLD is pending, `legacy_queue`
//! (kernel/signal.c) says so and the next are dropped. One wait per signal would leave
//! two zombies.

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use steps::{exit, start};

use crate::handler::{check_handler, is_pending, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("5. three children exit while SIGCHLD is blocked");
    let mut children = Vec::new();
    for status in 1..=3 {
        let child = start(move || exit(status))?;
        // WNOWAIT waits for the exit and leaves the zombie in place.
        waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        children.push(child);
    }
    wait_for_handler(1)?;
    // What arrives is the first child's siginfo.
    check_handler(libc::CLD_EXITED, children[0], 1);
    check!("SIGCHLD still pending", is_pending()?, false);

    // So the parent has to ask until there is nobody left.
    let mut reaped = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(child, _)) => reaped.push(child),
            Err(Errno::ECHILD) => break,
            other => {
                check!("a wait for one of three", other, Err(Errno::ECHILD));
            }
        }
    }
    check!("children reaped", &reaped, &children);
    println!("5. three exits while blocked: 1 signal, with the first child's siginfo");
    println!("   waitpid(-1, WNOHANG) in a loop reaps {}, then ECHILD", reaped.len());
    Ok(())
}
