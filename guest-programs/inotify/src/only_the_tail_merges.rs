//! `event_compare` (fs/notify/inotify/inotify_fsnotify.c) compares a new event with the
//! last one in the queue, and with no other. If they are alike, the new one is dropped.
//! So neither the number of events nor their times can be relied on.

use marker::{check, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::inotify::AddWatchFlags;
use nix::sys::stat::Mode;
use nix::unistd::unlink;

use crate::files::{create, write_a_byte};
use crate::watcher::{WATCHED, check_event, read_events, watch};

pub fn run() -> nix::Result<()> {
    scene!("6. writes to a, a; to a, b, a");
    create("watched/a")?;
    create("watched/b")?;
    let append = |path| open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
    let (a, b) = (append("watched/a")?, append("watched/b")?);
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MODIFY)?;

    write_a_byte(&a)?;
    write_a_byte(&a)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MODIFY, 16, "a");

    write_a_byte(&a)?;
    write_a_byte(&b)?;
    write_a_byte(&a)?;
    let events = read_events(&inotify, 4096)?;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    check!("names", names, ["a", "b", "a"]);
    println!("6. two writes to a: 1 IN_MODIFY; writes to a, b, a: 3");
    unlink("watched/a")?;
    unlink("watched/b")
}
