//! An exit: `do_notify_parent` (kernel/signal.c) puts the status into the siginfo. The
//! exiting child calls it.

use marker::{check, scene};
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{exit, start};

use crate::handler::{check_handler, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("1. a child exits with 7");
    let child = start(|| exit(7))?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_EXITED, child, 7);
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 7));
    println!("1. exit: CLD_EXITED from the child, si_status 7");
    Ok(())
}
