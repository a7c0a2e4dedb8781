//! Asks of `kmods/sysfs_notify` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where that
//! runs: as root, with edu on the bus and the module not loaded.

mod values;
mod module;

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use bad_input::{load, remove};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::uio::pread;
use sysfs_notify::{INTERRUPTS, MODULE, MODULE_FILE, open_attribute};

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

/// Opens the attribute that is announced, to be read.
fn open() -> nix::Result<OwnedFd> {
    open_attribute(INTERRUPTS, OFlag::O_RDONLY)
}

/// The number of interrupts.
fn value(file: &OwnedFd) -> nix::Result<u32> {
    let mut text = [0; 16];
    let len = pread(file, &mut text, 0)?;
    let text = str::from_utf8(&text[..len]).map_err(|_| Errno::EILSEQ)?;
    text.trim_end().parse().map_err(|_| Errno::EILSEQ)
}

/// Whether there are news. EAGAIN: not in that time.
fn news(file: &OwnedFd, timeout: PollTimeout) -> nix::Result<()> {
    let mut files = [PollFd::new(file.as_fd(), PollFlags::POLLPRI)];
    match poll(&mut files, timeout)? {
        0 => Err(Errno::EAGAIN),
        _ => Ok(()),
    }
}
