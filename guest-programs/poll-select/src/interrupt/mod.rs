//! Bits that edu's interrupts set.

mod an_interrupt_wakes_select;
mod the_wrong_interrupt_does_not;
mod one_descriptor_counts_three_times;

use std::io;
use std::os::fd::OwnedFd;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    // 10. select sleeps until the device interrupts.
    an_interrupt_wakes_select::run(device)?;
    // 11. poll sleeps on: what has come is not what was asked for.
    the_wrong_interrupt_does_not::run(device)?;
    // 12. Both are pending now, and select counts bits.
    one_descriptor_counts_three_times::run(device)
}
