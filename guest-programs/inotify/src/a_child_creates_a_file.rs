//! The actor writes the record, in `inotify_handle_inode_event`
//! (fs/notify/inotify/inotify_fsnotify.c), while the watcher sleeps in its read. The
//! record does not say who the actor is.

use marker::{check, mark, scene};
use nix::sys::inotify::AddWatchFlags;
use steps::{ended_well, start};

use crate::files::create;
use crate::watcher::{HEADER, WATCHED, check_event, read_events, watch};

pub fn run() -> nix::Result<()> {
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    scene!("1. read sleeps; a child creates a file");
    let child = start(|| create("watched/a"))?;
    let events = read_events(&inotify, 4096)?;
    mark!("1. the watcher has it");
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "a");
    check!("cookie", events[0].cookie, 0);
    ended_well(child)?;
    println!("1. a child creates a file, read returns {HEADER} + 16 bytes:");
    println!("   wd {wd}, IN_CREATE, cookie 0, len 16, name \"a\"");
    Ok(())
}
