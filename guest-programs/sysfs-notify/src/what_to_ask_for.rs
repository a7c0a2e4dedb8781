//! An attribute can always be read, so `kernfs_generic_poll` always says POLLIN: who asks
//! for that never waits. POLLERR need not be asked for, as everywhere: who asks for
//! nothing waits for news, too.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollFlags;
use sysfs_notify::attribute::{open_and_read, ready_for};
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    scene!("6. reads; polls for POLLIN and POLLPRI");
    let file = open_and_read()?;
    let events = PollFlags::POLLIN | PollFlags::POLLPRI;
    check!("poll", ready_for(&file, events)?, PollFlags::POLLIN);

    mark!("6. polls for nothing");
    check!("poll", ready_for(&file, PollFlags::empty())?, PollFlags::empty());
    mark!("6. an interrupt; polls for nothing");
    raise()?;
    check!("poll", ready_for(&file, PollFlags::empty())?, PollFlags::POLLERR);
    println!("6. asked for POLLIN, it never waits; asked for nothing, it says POLLERR");
    Ok(())
}
