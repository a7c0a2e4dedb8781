//! A multicast to a group that nobody has joined fails, and nobody is told but the
//! sender (`nlmsg_notify`, net/netlink/af_netlink.c).

use std::io;

use marker::{check, scene};
use netlink::Family;
use netlink_sys::Socket;
use nix::errno::Errno;

use crate::edu::{raise, result};

pub fn run(asking: &Socket, family: Family) -> io::Result<()> {
    scene!("3. nobody listens");
    raise(asking, family, 1)?;
    check!("the sender's result", result(asking, family)?, -(Errno::ESRCH as i32));
    println!("3. nobody listens: the event is sent, the sender gets -ESRCH");
    Ok(())
}
