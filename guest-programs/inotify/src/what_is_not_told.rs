//! A watch hears of system calls on files: `vfs_write` (fs/read_write.c), for one,
//! calls `fsnotify_modify`. A store to memory calls nothing. And a watch is for one
//! directory, not for those below it.

use marker::{check, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::inotify::AddWatchFlags;
use nix::sys::stat::Mode;
use nix::unistd::mkdir;
use steps::{ended_well, start};

use crate::files::{create, write_a_byte, write_through_memory};
use crate::watcher::{WATCHED, check_event, queued, read_events, watch};

pub fn run() -> nix::Result<()> {
    scene!("11. deeper, through memory, in /proc: nothing");
    // Deeper: the new directory itself is told, but not what goes on in it.
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    mkdir("watched/deep", Mode::from_bits_retain(0o755))?;
    create("watched/deep/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    let directory = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ISDIR;
    check_event(&events[0], wd, directory, 16, "deep");
    println!("11. mkdir: IN_CREATE|IN_ISDIR; nothing of a file made inside");

    // Through memory: the file has changed, and no event says so.
    let file = open("watched/deep/a", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    write_a_byte(&file)?;
    let (inotify, _) = watch("watched/deep/a", AddWatchFlags::IN_MODIFY)?;
    write_through_memory(&file, b'M')?;
    let mut byte = [0];
    check!("pread", nix::sys::uio::pread(&file, &mut byte, 0)?, 1);
    check!("the byte in the file", byte, [b'M']);
    check!("FIONREAD", queued(&inotify)?, 0);
    println!("    a write through mmap changes the file: no IN_MODIFY");

    // In /proc: a process comes and goes, and its directory with it.
    let (inotify, _) = watch("/proc", AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE)?;
    ended_well(start(|| Ok(()))?)?;
    check!("FIONREAD", queued(&inotify)?, 0);
    println!("    a process comes and goes in /proc: nothing");
    Ok(())
}
