//! `round_event_name_len` (fs/notify/inotify/inotify_user.c) makes room for a NUL at
//! least, and for a multiple of 16 bytes. A file in a watched directory has a name in
//! its record; what is watched itself has none.

use marker::{check, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::inotify::AddWatchFlags;
use nix::sys::stat::Mode;
use nix::unistd::{close, unlink};

use crate::files::create;
use crate::watcher::{HEADER, WATCHED, check_event, queued, read_events, watch};

pub fn run() -> nix::Result<()> {
    scene!("4. names of 15 and of 16 bytes, and none");
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    create("watched/fifteen-bytes-x")?;
    create("watched/sixteen-bytes-xx")?;
    check!("FIONREAD", queued(&inotify)?, 32 + 48);
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "fifteen-bytes-x");
    check_event(&events[1], wd, AddWatchFlags::IN_CREATE, 32, "sixteen-bytes-xx");
    println!("4. a name of 15 bytes: len 16; one of 16 bytes: len 32");

    // Watching the file instead of its directory.
    let (inotify, wd) = watch("watched/fifteen-bytes-x", AddWatchFlags::IN_OPEN)?;
    close(open("watched/fifteen-bytes-x", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?)?;
    check!("FIONREAD", queued(&inotify)?, HEADER);
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_OPEN, 0, "");
    println!("   a watched file itself: len 0, no name");
    unlink("watched/fifteen-bytes-x")?;
    unlink("watched/sixteen-bytes-xx")
}
