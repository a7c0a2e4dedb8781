//! `fsnotify_move` (include/linux/fsnotify.h) makes two records of a rename, with one
//! cookie. Only the first finds the watcher asleep. The two need not lie next to each
//! other, nor come by one read.

use std::fs;
use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::AddWatchFlags;
use steps::{ended_well, errno, start};

use crate::watcher::{WATCHED, check_event, read_events, watch};

pub fn run() -> nix::Result<()> {
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MOVE)?;
    scene!("2. poll sleeps; a child renames the file");
    let child = start(|| fs::rename("watched/a", "watched/b").map_err(errno))?;
    let mut fds = [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, PollTimeout::NONE)?, 1);
    check!("revents", fds[0].revents(), Some(PollFlags::POLLIN));
    ended_well(child)?;
    mark!("2. the watcher has both halves");
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_FROM, 16, "a");
    check_event(&events[1], wd, AddWatchFlags::IN_MOVED_TO, 16, "b");
    check!("cookie is 0", events[0].cookie == 0, false);
    check!("cookie of the other half", events[1].cookie, events[0].cookie);
    println!("2. a child renames it: IN_MOVED_FROM \"a\", IN_MOVED_TO \"b\",");
    println!("   both with the same cookie, which is not 0");

    let first = events[0].cookie;
    fs::rename("watched/b", "watched/a").map_err(errno)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check!("cookie of the other half", events[1].cookie, events[0].cookie);
    check!("cookie of the next rename is the first's", events[0].cookie == first, false);
    println!("   the next rename has another cookie");
    Ok(())
}
