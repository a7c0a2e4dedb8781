//! The listener is too slow: its buffer is full. `netlink_broadcast_deliver`
//! (net/netlink/af_netlink.c) drops the event, and `netlink_overrun` leaves an error
//! for the next recv(2). Returns the number of the last event that arrived.

use std::io;

use marker::{check, scene};
use netlink::{Family, event};
use netlink_sys::Socket;
use nix::errno::Errno;
use steps::errno;

use crate::edu::{CAUSE_RAISE, interrupts, raise, result};
use crate::events::{ROOM, SMALLEST, number_and_causes};

pub fn run(asking: &Socket, family: Family, listener: &Socket) -> io::Result<u32> {
    listener.set_rx_buf_sz(SMALLEST)?;
    let before = interrupts(asking, family)?;
    scene!("6. eight events, and room for {}", ROOM);
    raise(asking, family, 8)?;
    // To the sender it looks as if nobody listened.
    check!("the sender's result", result(asking, family)?, -(Errno::ESRCH as i32));

    // The error comes first, ahead of what arrived before the loss.
    check!("the first recv", event(listener, 0).map_err(errno).err(), Some(Errno::ENOBUFS));
    let told = event(listener, 0)?;
    check!("the second recv", number_and_causes(&told), (Some(before + 1), Some(CAUSE_RAISE)));
    println!("6. eight events, and room for {ROOM}: recv fails with ENOBUFS, then");
    println!("   returns the first of them; the sender gets -ESRCH");
    Ok(before + ROOM)
}
