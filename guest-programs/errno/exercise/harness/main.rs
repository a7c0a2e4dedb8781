//! Asks the student's `lab_errno` for what it has to refuse, and marks how it
//! says no.
//!
//! Usage: harness REQUEST PADDING BYTES
//!
//! Requests come first, then reads and writes, then the module's use count, and at last a
//! read that a signal interrupts.

mod interrupted;
mod queue;
mod requests;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use errno::{DEVICE, MODULE};
use marker::mark;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::c_ulong;
use nix::sys::stat::Mode;
use student::module;

/// An address that no program has: the kernel's.
const NOWHERE: usize = bad_input::NOWHERE[1];

fn main() -> io::Result<()> {
    marker::open_trace();
    let arguments: Result<Vec<u32>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let [request, padding, bytes] = arguments
        .map_err(io::Error::other)?
        .try_into()
        .map_err(|_| io::Error::other("usage: harness REQUEST PADDING BYTES"))?;
    if module::load("lab_errno", c"").is_err() {
        return Ok(());
    }
    match open_device(OFlag::O_NONBLOCK) {
        Ok(device) => {
            requests::are_refused(&device, request as c_ulong, padding);
            queue::is_empty_or_full(&device, bytes as usize);
            use_count()?;
        }
        Err(error) => mark!("the device cannot be opened: {}", error),
    }
    interrupted::a_read()?;
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    module::mark_reports()
}

fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | flags, Mode::empty())
}

/// How many users the kernel sees while a file is open.
fn use_count() -> io::Result<()> {
    let count = fs::read_to_string("/sys/module/lab_errno/refcnt")?;
    mark!("use count: {}", count.trim());
    Ok(())
}

/// What a call returned, as a program sees it.
fn told(result: i64) -> String {
    match result {
        -1 => format!("{:?}", Errno::last()),
        result => result.to_string(),
    }
}
