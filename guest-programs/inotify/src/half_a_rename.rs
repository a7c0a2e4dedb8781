//! `fsnotify_move` (include/linux/fsnotify.h) tells each of two directories of its half
//! of a rename. A watch on one of them hears of one half.

use std::fs;

use marker::{check, scene};
use nix::sys::inotify::AddWatchFlags;
use nix::unistd::unlink;
use steps::errno;

use crate::watcher::{WATCHED, check_event, read_events, watch};

pub fn run() -> nix::Result<()> {
    scene!("3. renames across the border");
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MOVE)?;
    fs::rename("watched/a", "elsewhere/a").map_err(errno)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_FROM, 16, "a");
    check!("cookie is 0", events[0].cookie == 0, false);

    fs::rename("elsewhere/a", "watched/a").map_err(errno)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_TO, 16, "a");
    check!("cookie is 0", events[0].cookie == 0, false);
    println!("3. moved out: IN_MOVED_FROM alone; moved in: IN_MOVED_TO alone");
    println!("   each with a cookie, and nothing that shares it");
    unlink("watched/a")
}
