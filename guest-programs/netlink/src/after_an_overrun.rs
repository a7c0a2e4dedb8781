//! After a loss `netlink_broadcast_deliver` (net/netlink/af_netlink.c) drops events until
//! the queue is empty, even if there is room. So a reader empties it, and then asks how
//! things stand.

use std::io;

use marker::{check, mark, scene};
use netlink::{Family, INTERRUPT, event};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc;
use steps::errno;

use crate::edu::{interrupts, raise};
use crate::events::ROOM;

/// `last` is the number of the last event that arrived.
pub fn run(asking: &Socket, family: Family, listener: &Socket, last: u32) -> io::Result<()> {
    scene!("7. one more, in the middle of it");
    raise(asking, family, 1)?;
    let told = event(listener, 0)?;
    check!("the other one", told.get(INTERRUPT), Some(last));
    let nothing = event(listener, libc::MSG_DONTWAIT).map_err(errno).err();
    check!("after the last", nothing, Some(Errno::EAGAIN));
    println!("7. one more, with room again, but events left to read: dropped too,");
    println!("   and no second ENOBUFS; recv returns the other one");

    // The recovery: now that the queue is empty, ask how things stand.
    mark!("8. asks what it has missed");
    let now = interrupts(asking, family)?;
    let missed = now - (last);
    check!("missed", missed, 8 - ROOM + 1);
    println!("8. GET: {now} interrupts; the last event was {}: {missed} missed", last);
    raise(asking, family, 1)?;
    check!("the next event", event(listener, 0)?.get(INTERRUPT), Some(now + 1));
    println!("   the next event is {}: nothing missed since", now + 1);
    Ok(())
}
