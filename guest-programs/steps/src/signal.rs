//! Signals by their number: nix's `Signal` has no names for real-time signals.

use std::ptr;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::SigSet;

/// The set of one signal.
pub fn set_of(signal: c_int) -> libc::sigset_t {
    let mut set = *SigSet::empty().as_ref();
    // SAFETY: the set is initialised. A number that is not a signal leaves it empty.
    unsafe { libc::sigaddset(&mut set, signal) };
    set
}

/// Blocks a signal: what is sent stays pending.
pub fn block(signal: c_int) -> nix::Result<()> {
    // SAFETY: the set is valid, and the old mask is not asked for.
    let result = unsafe { libc::sigprocmask(libc::SIG_BLOCK, &set_of(signal), ptr::null_mut()) };
    Errno::result(result).map(drop)
}
