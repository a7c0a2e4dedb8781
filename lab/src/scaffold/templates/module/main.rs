//! @title@
//!
//! This program sleeps in read until `kmods/@topic@` has had an interrupt of
//! the edu device. Look in the timeline at who wakes it, and in which task.
//!
//! Documented in read(2) and ioctl(2); the device in QEMU's docs/specs/edu.rst.

// The scenes, in order.
mod an_interrupt_ends_a_read;

mod no_room;

use std::io;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use @crate@ as lab;

fn main() -> io::Result<()> {
    marker::open_trace();
    let device = open(lab::DEVICE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;

    // The interrupt wakes the sleeper, and read says how many have come.
    an_interrupt_ends_a_read::run(&device)?;
    // A buffer that is too small is refused.
    no_room::run(&device)?;
    Ok(())
}
