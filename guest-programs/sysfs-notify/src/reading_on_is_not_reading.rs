//! A read behind the end returns 0 bytes, and `kernfs_seq_start` (fs/kernfs/file.c) asks
//! nobody. So the number that poll compares stays the old one. Only a read from the
//! beginning is one.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollFlags;
use nix::unistd::{Whence, lseek, read};
use sysfs_notify::attribute::{NEWS, open, ready};
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    let mut text = [0; 16];
    scene!("4. reads to the end");
    let file = open()?;
    check!("read", read(&file, &mut text)?, 2);
    mark!("4. an interrupt; reads on");
    raise()?;
    check!("read", read(&file, &mut text)?, 0);
    check!("poll", ready(&file)?, NEWS);

    mark!("4. goes back to 0, and reads");
    lseek(&file, 0, Whence::SeekSet)?;
    check!("read", read(&file, &mut text)?, 2);
    check!("value", &text[..2], b"2\n");
    check!("poll", ready(&file)?, PollFlags::empty());
    println!("4. read on: 0 bytes, and poll says the same; lseek and read: 2, and nothing");
    Ok(())
}
