//! The requests, each with its argument.

use std::os::fd::{AsRawFd as _, OwnedFd};

use transports::{Choice, Counters, choose, counters, raise};

pub fn choose_by(device: &OwnedFd, choice: Choice) -> nix::Result<()> {
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

pub fn raise_count(device: &OwnedFd, count: u32) -> nix::Result<()> {
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { raise(device.as_raw_fd(), &count) }.map(drop)
}

pub fn counted(device: &OwnedFd) -> nix::Result<Counters> {
    let mut to = Counters::default();
    // SAFETY: the module writes one Counters, any content of which is valid.
    unsafe { counters(device.as_raw_fd(), &mut to) }?;
    Ok(to)
}
