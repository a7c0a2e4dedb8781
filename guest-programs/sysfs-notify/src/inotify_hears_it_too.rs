//! `kernfs_notify` may not sleep, and inotify may. So a worker does that part, in
//! `kernfs_notify_workfn` (fs/kernfs/file.c), later: when the processor is free.

use std::io;

use marker::{check, mark, scene};
use nix::poll::PollFlags;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::prctl;
use sysfs_notify::attribute::{NEWS, open, ready, ready_for, value};
use sysfs_notify::{FOLDER, INTERRUPTS, raise};

use crate::READER;

pub fn run() -> io::Result<()> {
    scene!("10. watches the attribute; one interrupt, until inotify has told it");
    let file = open()?;
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    let path = format!("{FOLDER}/{INTERRUPTS}");
    inotify.add_watch(path.as_str(), AddWatchFlags::IN_MODIFY)?;
    raise()?;
    check!("events", inotify.read_events()?.len(), 1);

    mark!("10. reads; the next interrupt; inotify has nothing yet");
    value(&file)?;
    raise()?;
    check!("poll of the attribute", ready(&file)?, NEWS);
    check!("poll of inotify", ready_for(&inotify, PollFlags::POLLIN)?, PollFlags::empty());

    mark!("10. sleeps until inotify has something");
    prctl::set_name(c"listens")?; // by which the lesson traces who wakes it
    let events = inotify.read_events()?;
    prctl::set_name(READER)?;
    check!("events", events.len(), 1);
    check!("event", events[0].mask, AddWatchFlags::IN_MODIFY);
    println!("10. inotify: IN_MODIFY, by a worker, when poll has long said so");
    Ok(())
}
