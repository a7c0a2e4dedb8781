//! What a listener has: room for few events, and events with numbers.

use std::io;

use netlink::{CAUSES, INTERRUPT, Message, event};
use netlink_sys::Socket;
use nix::libc;

/// The smallest receive buffer that the kernel grants: whoever asks for less
/// gets this. The events that it takes are counted in what they occupy, which
/// is far more than their 36 bytes.
pub const SMALLEST: usize = 1;

/// How many events the smallest buffer takes.
pub const ROOM: u32 = 2;

pub fn number_and_causes(event: &Message) -> (Option<u32>, Option<u32>) {
    (event.get(INTERRUPT), event.get(CAUSES))
}

/// Reads all that there is, losses included.
pub fn drain(listener: &Socket) -> io::Result<()> {
    loop {
        match event(listener, libc::MSG_DONTWAIT) {
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
