//! SIG_IGN is about signals that somebody sends. It drops the SIGSEGV of kill(2), and
//! not the fault's: `force_sig_info_to_task` (kernel/signal.c) sets the action to the
//! default as it does for a blocked signal.

use marker::{check, mark, scene};
use nix::sys::signal::{SaFlags, SigHandler, Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::getpid;
use steps::start;

use crate::action::set;
use crate::mapping::{NOTHING, load};

pub fn run() -> nix::Result<()> {
    scene!("10. a child ignores SIGSEGV, and sends it to itself");
    let child = start(|| {
        set(Signal::SIGSEGV, SigHandler::SigIgn, SaFlags::empty())?;
        kill(getpid(), Signal::SIGSEGV)?;
        mark!("10. nothing has happened; now it faults");
        load(NOTHING);
        Ok(())
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGSEGV, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("10. ignored: that of kill(2) is dropped, that of a fault kills");
    Ok(())
}
