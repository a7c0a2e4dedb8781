//! @title@
//!
//! This program sleeps in read until `kmods/@topic@` gets an interrupt from the
//! edu device. Look in the timeline for what wakes it, and in which task.
//!
//! Documented in read(2) and ioctl(2). QEMU's docs/specs/edu.rst describes the
//! device.

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

    // The interrupt wakes the sleeper, and read says how many interrupts came.
    an_interrupt_ends_a_read::run(&device)?;
    // A buffer that is too small is refused.
    no_room::run(&device)?;
    Ok(())
}
