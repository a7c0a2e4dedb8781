//! When the queue is full, `fsnotify_insert_event` (fs/notify/notification.c) adds one
//! more record, which says so. What comes then is lost. The only cure is to look again
//! at everything.

use std::fs;

use marker::{check, scene};
use nix::sys::inotify::AddWatchFlags;
use nix::unistd::unlink;
use steps::errno;

use crate::files::create;
use crate::watcher::{WATCHED, check_event, read_events, with_a_queue_of_four};

pub fn run() -> nix::Result<()> {
    scene!("9. ten events for a queue of four");
    let inotify = with_a_queue_of_four()?;
    let wd = inotify.add_watch(WATCHED, AddWatchFlags::IN_CREATE)?.as_raw();
    for name in '0'..='9' {
        create(&format!("{WATCHED}/{name}"))?;
    }
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 5);
    for (event, name) in events.iter().zip(["0", "1", "2", "3"]) {
        check_event(event, wd, AddWatchFlags::IN_CREATE, 16, name);
    }
    check_event(&events[4], -1, AddWatchFlags::IN_Q_OVERFLOW, 0, "");
    check!("cookie", events[4].cookie, 0);
    println!("9. ten files, a queue of 4: four IN_CREATE, then");
    println!("   wd -1, IN_Q_OVERFLOW, len 0; six events are lost");

    // Heard of four, there are ten.
    let files = fs::read_dir(WATCHED).map_err(errno)?.count();
    check!("files", files, 10);
    // A queue that was read is a queue like any other.
    unlink("watched/0")?;
    create("watched/0")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "0");
    println!("   reading the directory finds all 10");
    for name in '0'..='9' {
        unlink(format!("{WATCHED}/{name}").as_str())?;
    }
    Ok(())
}
