//! No interrupt has come yet, so read must wait.

use std::os::fd::{AsRawFd, OwnedFd};

use marker::{check, scene};
use nix::unistd::read;

use @crate@ as lab;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("1. asks for an interrupt in 100 ms, and reads");
    // SAFETY: the request has no argument.
    unsafe { lab::raise_later(device.as_raw_fd()) }?;
    let mut count = [0; 4];
    check!("read", read(device, &mut count)?, count.len());
    check!("interrupts", u32::from_ne_bytes(count), 1);
    println!("1. read sleeps until an interrupt has come, and returns how many: 1");
    Ok(())
}
