//! `kernfs_generic_poll` (fs/kernfs/file.c) compares two numbers: how often the attribute
//! has been announced, and what that number was when this open file last read it. Who has
//! not read yet has 0 there, and the other begins at 1.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollFlags;
use sysfs_notify::attribute::{NEWS, open, ready, value};

pub fn run() -> io::Result<()> {
    scene!("1. opens the attribute, and polls");
    let file = open()?;
    check!("poll", ready(&file)?, NEWS);
    mark!("1. reads it, and polls again");
    check!("value", value(&file)?, "0");
    check!("poll", ready(&file)?, PollFlags::empty());
    println!("1. just opened: poll says POLLPRI and POLLERR; once read: nothing");
    Ok(())
}
