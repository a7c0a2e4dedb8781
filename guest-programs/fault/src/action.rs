//! What the signals of faults do.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// The signals that the processor's exceptions become.
const SIGNALS: [Signal; 5] =
    [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGTRAP];

/// Has a handler run for all of them. It does only what signal-safety(7) allows.
pub fn handle_all(handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    SIGNALS.iter().try_for_each(|&signal| set(signal, handler, flags))
}

/// Sets the action for one of them.
pub fn set(signal: Signal, handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(handler, flags | SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handlers of this program do only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}
