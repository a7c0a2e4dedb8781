//! What both scenes need: a pipe without a reader, and an action for SIGPIPE.

use std::os::fd::OwnedFd;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::pipe;

/// Returns the writing end of a pipe. The reading end is closed on return.
pub fn pipe_without_reader() -> nix::Result<OwnedFd> {
    let (_reader, writer) = pipe()?;
    Ok(writer)
}

/// Sets the action for SIGPIPE.
pub fn act(handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler, if there is one, is async-signal-safe.
    unsafe { sigaction(Signal::SIGPIPE, &action)? };
    Ok(())
}
