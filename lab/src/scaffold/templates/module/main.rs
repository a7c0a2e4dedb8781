//! Lesson @number@: @title@
//!
//! This program sleeps in read until `kmods/@topic@` has had an interrupt of
//! the edu device. Look in the timeline at who wakes it, and in which task.
//!
//! Documented in read(2) and ioctl(2); the device in QEMU's docs/specs/edu.rst.

use std::io;
use std::os::fd::AsRawFd;

use @crate@ as lab;
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::read;

fn main() -> io::Result<()> {
    marker::open_trace();
    let device = open(lab::DEVICE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;

    // Nothing has come yet, so read has to wait.
    mark!("1. asks for an interrupt in 100 ms, and reads");
    // SAFETY: a request without an argument.
    unsafe { lab::raise_later(device.as_raw_fd()) }?;
    let mut count = [0; 4];
    check!("read", read(&device, &mut count)?, count.len());
    check!("interrupts", u32::from_ne_bytes(count), 1);
    println!("1. read sleeps until an interrupt has come, and returns how many: 1");

    // The deliberate failure: there is no room for the count.
    mark!("2. reads into a buffer of one byte");
    let error = read(&device, &mut [0]).expect_err("a count has four bytes");
    check!("read of one byte", error, Errno::EINVAL);
    println!("2. a buffer of one byte: read fails: {error}");
    Ok(())
}
