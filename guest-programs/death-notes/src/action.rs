//! What a signal does.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Sets the action for a signal.
pub fn set(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler of this program does only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}
