//! Reads and writes that fail, or do only a part.

use std::os::fd::{AsRawFd, OwnedFd};

use errno::ROOM;
use marker::mark;
use nix::libc;

use crate::{NOWHERE, told};

pub fn is_empty_or_full(device: &OwnedFd, bytes: usize) {
    let fd = device.as_raw_fd();
    let from = vec![b'x'; bytes];
    let mut to = [0_u8; ROOM];
    // SAFETY: as many bytes as are asked for are there; of a bad address, the
    // kernel finds out.
    unsafe {
        mark!("read, empty: {}", told(libc::read(fd, to.as_mut_ptr().cast(), 1) as i64));
        mark!("write, bad address: {}", told(libc::write(fd, NOWHERE as *const _, 1) as i64));
        mark!("write, too much: {}", told(libc::write(fd, from.as_ptr().cast(), bytes) as i64));
        mark!("write, full: {}", told(libc::write(fd, from.as_ptr().cast(), 1) as i64));
        mark!("read: {}", told(libc::read(fd, to.as_mut_ptr().cast(), ROOM) as i64));
    }
}
