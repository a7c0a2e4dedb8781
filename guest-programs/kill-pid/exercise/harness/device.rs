//! The module's device: opened, and made to interrupt.

use std::os::fd::OwnedFd;

use marker::{Arg, mark};
use nix::unistd::getppid;
use student::edu::Edu;

/// Opens the device; that it is not there is the student's doing.
pub fn open_device() -> Option<OwnedFd> {
    kill_pid::open_device()
        .inspect_err(|error| mark!("the device cannot be opened: {}", *error))
        .ok()
}

/// Makes the device interrupt, and looks whether that was acknowledged.
pub fn interrupt(edu: &Edu, causes: u32) {
    edu.raise(causes);
    // Any system call will do: the handler has run when it returns.
    getppid();
    match edu.causes() {
        0 => mark!("acknowledged: {}", Arg::Address(causes.into())),
        left => {
            mark!("not acknowledged: {}", Arg::Address(left.into()));
            edu.acknowledge(left);
        }
    }
}
