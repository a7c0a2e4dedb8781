//! The listener is too slow: its buffer is full. `netlink_broadcast_deliver`
//! (net/netlink/af_netlink.c) drops the event, and `netlink_overrun` leaves an error
//! for the next recv(2).

use std::io;

use marker::{check, mark, scene};
use netlink::{Family, INTERRUPT, event};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc;
use steps::errno;

use crate::edu::{CAUSE_RAISE, interrupts, raise, result};
use crate::events::{ROOM, SMALLEST, number_and_causes};

pub fn run(asking: &Socket, family: Family, listener: &Socket) -> io::Result<()> {
    listener.set_rx_buf_sz(SMALLEST)?;
    let before = interrupts(asking, family)?;
    scene!("6. eight events, and room for {}", ROOM);
    raise(asking, family, 8)?;
    // For the sender it looks as if there were nobody.
    check!("the sender's result", result(asking, family)?, -(Errno::ESRCH as i32));

    // The error comes first, before what arrived before the loss.
    check!("the first recv", event(listener, 0).map_err(errno).err(), Some(Errno::ENOBUFS));
    let told = event(listener, 0)?;
    check!("the second recv", number_and_causes(&told), (Some(before + 1), Some(CAUSE_RAISE)));
    println!("6. eight events, and room for {ROOM}: recv fails with ENOBUFS, then");
    println!("   returns the first of them; the sender gets -ESRCH");

    // Until the queue is empty, everything is dropped, room or not. And that
    // is not told again.
    mark!("7. one more, in the middle of it");
    raise(asking, family, 1)?;
    let told = event(listener, 0)?;
    check!("the other one", told.get(INTERRUPT), Some(before + ROOM));
    let nothing = event(listener, libc::MSG_DONTWAIT).map_err(errno).err();
    check!("after the last", nothing, Some(Errno::EAGAIN));
    println!("7. one more, with room again, but events left to read: dropped too,");
    println!("   and no second ENOBUFS; recv returns the other one");

    // The recovery: now that the queue is empty, ask how things stand.
    mark!("8. asks what it has missed");
    let now = interrupts(asking, family)?;
    let missed = now - (before + ROOM);
    check!("missed", missed, 8 - ROOM + 1);
    println!("8. GET: {now} interrupts; the last event was {}: {missed} missed", before + ROOM);
    raise(asking, family, 1)?;
    check!("the next event", event(listener, 0)?.get(INTERRUPT), Some(now + 1));
    println!("   the next event is {}: nothing missed since", now + 1);
    Ok(())
}
