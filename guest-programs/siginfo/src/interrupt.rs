//! An interrupt, and what became of the signal.

use std::os::fd::OwnedFd;

use marker::check;
use siginfo::{counters, raise};

/// Has the device interrupt now, which falls on the caller in its ioctl, and returns
/// what the module's sending returned. With one processor, the interrupt handler has
/// run before the next system call.
pub fn now(device: &OwnedFd) -> nix::Result<i32> {
    let before = counters(device)?;
    raise(device)?;
    let after = counters(device)?;
    check!("signals sent", after.signals, before.signals + 1);
    Ok(after.result)
}
