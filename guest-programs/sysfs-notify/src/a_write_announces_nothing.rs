//! A write is a call of the module's function, and no more. The attribute has another
//! value afterwards, and no poller knows. inotify tells it, because write(2) tells it of
//! every file that was written to.

use std::io;

use marker::{check, scene};
use nix::poll::PollFlags;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use sysfs_notify::attribute::{open_and_read, ready, ready_for, value};
use sysfs_notify::{FOLDER, INTERRUPTS, set};

pub fn run() -> io::Result<()> {
    scene!("11. reads; writes another value");
    let file = open_and_read()?;
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    let path = format!("{FOLDER}/{INTERRUPTS}");
    inotify.add_watch(path.as_str(), AddWatchFlags::IN_MODIFY)?;
    set(INTERRUPTS, "98")?;
    check!("poll of the attribute", ready(&file)?, PollFlags::empty());
    check!("poll of inotify", ready_for(&inotify, PollFlags::POLLIN)?, PollFlags::POLLIN);
    check!("value", value(&file)?, "98");
    println!("11. a write: the value is 98, inotify says so, and poll does not");
    Ok(())
}
