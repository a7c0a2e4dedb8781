//! Handlers of signals.

use marker::mark;
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_sigusr1(_: c_int) {
    mark!("handler: SIGUSR1");
}

/// Has SIGUSR1 handled, with these flags.
pub fn handle_sigusr1(flags: SaFlags) -> nix::Result<()> {
    set(Signal::SIGUSR1, SigHandler::Handler(on_sigusr1), flags)
}

pub fn set(signal: Signal, handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handlers do only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}
