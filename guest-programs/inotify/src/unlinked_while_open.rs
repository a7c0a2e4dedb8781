//! A name goes when it is unlinked. The file goes when nobody has it open any more, and
//! then `dentry_unlink_inode` (fs/dcache.c) tells of its end. Here the last to have it
//! open is a child, which closes it by its exit.

use marker::{check, mark, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::inotify::AddWatchFlags;
use nix::sys::stat::Mode;
use nix::unistd::{close, unlink};
use steps::{ended_well, start};

use crate::files::create;
use crate::watcher::{check_event, queued, read_events, watch};

pub fn run() -> nix::Result<()> {
    create("watched/a")?;
    let file = open("watched/a", OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let asked =
        AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_CLOSE_WRITE;
    let (inotify, wd) = watch("watched/a", asked)?;

    scene!("8. unlink of an open file");
    unlink("watched/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_ATTRIB, 0, "");

    // Now a child has it open as well, and does nothing but exit.
    let child = start(|| Ok(()))?;
    close(file)?;
    check!("FIONREAD after this process's close", queued(&inotify)?, 0);
    mark!("8. read sleeps; the child exits");
    let mut events = Vec::new();
    while events.len() < 3 {
        events.extend(read_events(&inotify, 4096)?);
    }
    mark!("8. the file is gone");
    check!("events", events.len(), 3);
    check_event(&events[0], wd, AddWatchFlags::IN_CLOSE_WRITE, 0, "");
    check_event(&events[1], wd, AddWatchFlags::IN_DELETE_SELF, 0, "");
    check_event(&events[2], wd, AddWatchFlags::IN_IGNORED, 0, "");
    ended_well(child)?;
    println!("8. unlink of an open file: IN_ATTRIB at once; at the last close");
    println!("   IN_CLOSE_WRITE, IN_DELETE_SELF, IN_IGNORED");
    Ok(())
}
