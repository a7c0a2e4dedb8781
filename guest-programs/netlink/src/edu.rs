//! The device, asked through the module.

use std::io;

use marker::check;
use netlink::{COUNT, Family, INTERRUPTS, RAISE, RESULT, attribute, command, get};
use netlink_sys::Socket;

/// What edu raises when a transfer ends, and what RAISE raises.
pub const CAUSE_DMA: u32 = 0x100;
pub const CAUSE_RAISE: u32 = 0x1;

/// Has edu interrupt, and returns when the events are sent.
pub fn raise(asking: &Socket, family: Family, count: u32) -> io::Result<()> {
    check!("raise", command(asking, family, RAISE, vec![attribute(COUNT, count)])?, Ok(()));
    Ok(())
}

/// What the module's last sending returned.
pub fn result(asking: &Socket, family: Family) -> io::Result<i32> {
    let result = get(asking, family)?.get(RESULT).ok_or(io::ErrorKind::InvalidData)?;
    Ok(result.cast_signed())
}

/// How many interrupts there were.
pub fn interrupts(asking: &Socket, family: Family) -> io::Result<u32> {
    Ok(get(asking, family)?.get(INTERRUPTS).ok_or(io::ErrorKind::InvalidData)?)
}
