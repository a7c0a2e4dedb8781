//! A handler of SIGUSR1, with SA_RESTART.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::mark;
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static RUNS: AtomicI32 = AtomicI32::new(0);

extern "C" fn on_signal(_signal: c_int) {
    RUNS.fetch_add(1, Relaxed);
    mark!("handler");
}

pub fn install() -> nix::Result<()> {
    let action =
        SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

/// How often it has run.
pub fn runs() -> i32 {
    RUNS.load(Relaxed)
}
