//! Announcements are counted, but all that is asked of the number is whether it is the old
//! one. A change after the read is never missed, also when nobody polls at that moment;
//! what the value was in between is.

use std::io;

use marker::{check, scene};
use nix::poll::PollFlags;
use sysfs_notify::attribute::{NEWS, open_and_read, ready, value, wait};
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    scene!("5. two interrupts between a read and poll");
    let file = open_and_read()?;
    raise()?;
    raise()?;
    check!("poll", wait(&file)?, NEWS);
    check!("value", value(&file)?, "4");
    check!("poll", ready(&file)?, PollFlags::empty());
    println!("5. 2 interrupts before poll: it does not wait, and one read is enough");
    Ok(())
}
