//! IN_IGNORED is the last that is heard of a watch, however it ended:
//! `inotify_ignored_and_remove_idr` (fs/notify/inotify/inotify_user.c) sends it. No
//! mask asks for it.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::unlink;

use crate::files::create;
use crate::watcher::{WATCHED, check_event, read_events};

pub fn run() -> nix::Result<()> {
    scene!("7. three watches end");
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;

    // Taken away.
    let first = inotify.add_watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    check!("wd", first.as_raw(), 1);
    inotify.rm_watch(first)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], 1, AddWatchFlags::IN_IGNORED, 0, "");
    check!("rm_watch again", inotify.rm_watch(first), Err(Errno::EINVAL));
    println!("7. rm_watch: IN_IGNORED; again: EINVAL");

    // Good for one event. Its number is a new one, although 1 is free.
    let oneshot = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ONESHOT;
    let second = inotify.add_watch(WATCHED, oneshot)?;
    check!("wd", second.as_raw(), 2);
    create("watched/a")?;
    create("watched/b")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], 2, AddWatchFlags::IN_CREATE, 16, "a");
    check_event(&events[1], 2, AddWatchFlags::IN_IGNORED, 0, "");
    println!("   IN_ONESHOT: IN_CREATE \"a\", IN_IGNORED; nothing of \"b\"");

    // Its file is gone.
    let third = inotify.add_watch("watched/a", AddWatchFlags::IN_DELETE_SELF)?;
    check!("wd", third.as_raw(), 3);
    unlink("watched/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], 3, AddWatchFlags::IN_DELETE_SELF, 0, "");
    check_event(&events[1], 3, AddWatchFlags::IN_IGNORED, 0, "");
    println!("   deleted: IN_DELETE_SELF, IN_IGNORED; the wds were 1, 2, 3");
    unlink("watched/b")
}
