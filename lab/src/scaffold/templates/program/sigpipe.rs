//! What both scenes need: a pipe that nobody reads, and what SIGPIPE does.

use std::os::fd::OwnedFd;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::pipe;

/// The writing end of a pipe; the reading end is closed when this returns.
pub fn pipe_without_reader() -> nix::Result<OwnedFd> {
    let (_reader, writer) = pipe()?;
    Ok(writer)
}

/// Sets what SIGPIPE does.
pub fn act(handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler, where there is one, does what it may.
    unsafe { sigaction(Signal::SIGPIPE, &action)? };
    Ok(())
}
