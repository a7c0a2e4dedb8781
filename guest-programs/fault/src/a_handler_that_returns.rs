//! A fault is reported *before* its instruction has done anything, and the handler's
//! return leads there: rt_sigreturn(2) brings the registers back, and the same
//! instruction runs into `exc_page_fault` again.
//!
//! So a handler that cannot repair puts the default action back and returns. The
//! instruction faults once more, and ends the process as if there were no handler.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{check, mark, scene};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigHandler, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{exit, start};

use crate::action::set;
use crate::mapping::{NOTHING, load};

static RUNS: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: write(2), and sigaction(2) or _exit(2).
extern "C" fn on_fault(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    let run = RUNS.fetch_add(1, Relaxed) + 1;
    mark!("handler: run {}, returns", run);
    if run == 3
        && let Err(error) = set(Signal::SIGSEGV, SigHandler::SigDfl, SaFlags::empty())
    {
        exit(error as c_int);
    }
}

pub fn run() -> nix::Result<()> {
    scene!("8. a handler that just returns, twice; then it gives up");
    let child = start(|| {
        set(Signal::SIGSEGV, SigHandler::SigAction(on_fault), SaFlags::empty())?;
        load(NOTHING);
        mark!("8. the child goes on after the fault");
        Ok(())
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGSEGV, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("8. a handler that returns faults again; by the default action it ends");
    Ok(())
}
