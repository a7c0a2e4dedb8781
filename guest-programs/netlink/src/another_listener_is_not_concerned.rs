//! `do_one_broadcast` (net/netlink/af_netlink.c) delivers to one socket after the
//! other. Each has its own buffer, and its own losses.

use std::io;

use marker::{check, mark, scene};
use netlink::{Family, INTERRUPT, event, open_socket};
use netlink_sys::Socket;
use nix::errno::Errno;

use crate::edu::{interrupts, raise, result};
use crate::events::drain;

pub fn run(asking: &Socket, family: Family, slow: &Socket) -> io::Result<()> {
    let other = open_socket()?;
    other.add_membership(family.group)?;
    let before = interrupts(asking, family)?;
    scene!("9. eight events, two listeners");
    raise(asking, family, 8)?;
    check!("the sender's result", result(asking, family)?, 0);
    for number in 1..=8 {
        check!("interrupt", event(&other, 0)?.get(INTERRUPT), Some(before + number));
    }
    println!("9. a second listener with room: it gets all 8, the sender gets 0");
    drop(other);
    drain(slow)?;

    // If the listener wants it so, the sender hears of the overrun.
    slow.set_broadcast_error(true)?;
    mark!("10. eight events, and NETLINK_BROADCAST_ERROR");
    raise(asking, family, 8)?;
    check!("the sender's result", result(asking, family)?, -(Errno::ENOBUFS as i32));
    println!("10. with NETLINK_BROADCAST_ERROR, the sender gets -ENOBUFS");
    drain(slow)?;
    Ok(())
}
