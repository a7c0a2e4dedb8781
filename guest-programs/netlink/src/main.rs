//! How does the kernel speak to whoever listens?
//!
//! This program joins the group of `kmods/netlink`, which tells all its members
//! of each interrupt of edu. Look in the timeline at who sends, in whose context,
//! and what the send returns.
//!
//! Documented in netlink(7) and in the kernel's
//! Documentation/userspace-api/netlink/intro.rst.

mod uevents;
mod the_family_and_its_group;
mod nobody_listens;
mod an_interrupt_is_told;
mod refusals;
mod an_overrun;
mod after_an_overrun;
mod another_listener_is_not_concerned;
mod the_module_goes;

mod edu;
mod events;

use std::io;

use netlink::open_socket;

fn main() -> io::Result<()> {
    marker::open_trace();
    // The kernel broadcasts what happens to its objects.
    uevents::run()?;
    let asking = open_socket()?;
    // A family and its group are found by their names.
    let family = the_family_and_its_group::run(&asking)?;
    // Without a listener the sender gets ESRCH.
    nobody_listens::run(&asking, family)?;
    // An interrupt is told by a worker of the kernel.
    let listener = an_interrupt_is_told::run(&asking, family)?;
    // Refusals bring an errno and a message.
    refusals::run(&asking, family)?;
    // A full socket loses events, and the reader gets ENOBUFS.
    let last = an_overrun::run(&asking, family, &listener)?;
    // The reader empties its queue, and asks what it has missed.
    after_an_overrun::run(&asking, family, &listener, last)?;
    // Another listener loses nothing.
    another_listener_is_not_concerned::run(&asking, family, &listener)?;
    // The module goes, and a listener has to join again.
    the_module_goes::run(&asking, family, &listener)
}
