//! The whole way: this process sleeps, edu interrupts the idle task, and a worker of
//! the kernel's sends, in `lab_netlink_work` (kmods/netlink/lab_netlink.c).

use std::io;

use marker::{check, mark, scene};
use netlink::{
    EVENT, EVENTS, Family, GET, INTERRUPTS, LOST, RAISE_LATER, RESULT, command, event, get,
    open_socket,
};
use netlink_sys::Socket;
use nix::sys::prctl::set_name;

use crate::edu::CAUSE_DMA;
use crate::events::number_and_causes;

pub fn run(asking: &Socket, family: Family) -> io::Result<Socket> {
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    scene!("4. listens; edu interrupts in 100 ms");
    check!("raise later", command(asking, family, RAISE_LATER, Vec::new())?, Ok(()));
    // So that the trace has nobody else's waking.
    set_name(c"listener")?;
    let told = event(&listener, 0)?;
    set_name(c"netlink")?;
    mark!("4. received");
    check!("command", told.command, EVENT);
    check!("interrupt and causes", number_and_causes(&told), (Some(2), Some(CAUSE_DMA)));
    println!("4. event: interrupt 2, causes 0x100");

    let reply = get(asking, family)?;
    check!("command", reply.command, GET);
    check!("interrupts", reply.get(INTERRUPTS), Some(2));
    check!("events", reply.get(EVENTS), Some(2));
    check!("lost", reply.get(LOST), Some(0));
    check!("result", reply.get(RESULT), Some(0));
    println!("   GET replies: 2 interrupts, 2 events, the last sending returned 0");
    Ok(listener)
}
