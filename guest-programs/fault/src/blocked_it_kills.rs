//! A blocked signal waits until it is unblocked. A fault's cannot wait, because the
//! program cannot go on: `force_sig_info_to_task` (kernel/signal.c) unblocks the signal
//! and sets its action to the default, handler or not.

use marker::{check, mark, scene};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::start;

use crate::action::set;
use crate::mapping::{NOTHING, load};

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_fault(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    mark!("handler: of a blocked signal");
}

pub fn run() -> nix::Result<()> {
    scene!("9. a child has a handler, and SIGSEGV blocked; it faults");
    let child = start(|| {
        set(Signal::SIGSEGV, SigHandler::SigAction(on_fault), SaFlags::empty())?;
        let mut sigsegv = SigSet::empty();
        sigsegv.add(Signal::SIGSEGV);
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigsegv), None)?;
        load(NOTHING);
        Ok(())
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGSEGV, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("9. blocked: it kills, and the handler does not run");
    Ok(())
}
