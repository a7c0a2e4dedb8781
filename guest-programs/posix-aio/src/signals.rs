//! Signals that bring a value, fetched and not handled.

use std::mem;

use nix::errno::Errno;
use nix::libc::{self, siginfo_t};
use nix::sys::signal::{SigSet, Signal};

/// Waits for a blocked signal, and fetches it.
pub fn sigwaitinfo(signal: Signal) -> nix::Result<siginfo_t> {
    let mut set = SigSet::empty();
    set.add(signal);
    // SAFETY: integers only, for which 0 is a value.
    let mut info: siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: it reads a signal set and writes a siginfo, both valid.
    Errno::result(unsafe { libc::sigwaitinfo(set.as_ref(), &raw mut info) })?;
    Ok(info)
}

/// The si_value of a signal that was sent with one.
pub fn value(info: &siginfo_t) -> usize {
    // SAFETY: signals with SI_ASYNCIO carry a value.
    unsafe { info.si_value() }.sival_ptr.addr()
}

/// The signals that are pending for this process.
pub fn pending() -> nix::Result<SigSet> {
    let mut set = SigSet::empty();
    // SAFETY: sigpending writes a signal set to a valid pointer.
    Errno::result(unsafe { libc::sigpending(std::ptr::from_mut(&mut set).cast()) })?;
    Ok(set)
}
