//! What was read is noted in the open file, so two readers take nothing from each other.
//! A descriptor that dup(2) or fork(2) made is the same open file: there they do.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollFlags;
use nix::unistd::dup;
use sysfs_notify::attribute::{NEWS, open_and_read, ready, value};
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    scene!("7. reads two open files; an interrupt; reads one");
    let (file, other) = (open_and_read()?, open_and_read()?);
    let copy = dup(&file)?;
    raise()?;
    value(&file)?;
    check!("poll of the other", ready(&other)?, NEWS);
    mark!("7. polls a copy of the descriptor that was read");
    check!("poll of the copy", ready(&copy)?, PollFlags::empty());
    println!("7. two open files: each is to be read; a copy by dup(2) has been");
    Ok(())
}
