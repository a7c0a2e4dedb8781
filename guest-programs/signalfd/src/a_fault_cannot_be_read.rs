//! A fault has to be answered before the next instruction, so it cannot wait for a
//! read. `force_sig_info_to_task` (kernel/signal.c) unblocks a signal that is blocked,
//! and sets its action back to the default.

use std::{arch, io};

use marker::{check, scene};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::start_when_forked;

pub fn run() -> io::Result<()> {
    let child = start_when_forked(|| {
        let mut sigill = SigSet::empty();
        sigill.add(Signal::SIGILL);
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigill), None)?;
        let _signals = SignalFd::new(&sigill)?;
        scene!("13. SIGILL is blocked; executes ud2");
        // SAFETY: it faults, which is all that is wanted of it.
        unsafe { arch::asm!("ud2", options(noreturn)) }
    })?;
    check!("fault", waitpid(child, None)?, WaitStatus::Signaled(child, Signal::SIGILL, false));
    println!("13. a fault: SIGILL kills, blocked and in a signalfd's mask");
    Ok(())
}
