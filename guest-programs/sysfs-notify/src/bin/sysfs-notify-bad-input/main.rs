//! Asks of `kmods/sysfs_notify` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where that
//! runs: as root, with edu on the bus and the module not loaded.

mod values;
mod module;

use std::io;
use std::os::fd::OwnedFd;

use bad_input::{load, remove};
use nix::errno::Errno;
use nix::poll::{PollFlags, PollTimeout};
use sysfs_notify::{MODULE, MODULE_FILE, attribute};

fn main() -> io::Result<()> {
    marker::open_trace();
    module::parameters_that_are_none()?;
    // The wire, and then the message.
    for params in [c"msi=0", c"msi=1"] {
        load(MODULE_FILE, params)?;
        values::run()?;
        module::run(params)?;
        remove(MODULE)?;
    }
    println!("every refusal was the right one");
    Ok(())
}

/// The number of interrupts.
fn value(file: &OwnedFd) -> nix::Result<u32> {
    attribute::value(file)?.parse().map_err(|_| Errno::EILSEQ)
}

/// Whether there are news. EAGAIN: not in that time.
fn news(file: &OwnedFd, timeout: PollTimeout) -> nix::Result<()> {
    match attribute::poll_for(file, PollFlags::POLLPRI, timeout)?.is_empty() {
        true => Err(Errno::EAGAIN),
        false => Ok(()),
    }
}
