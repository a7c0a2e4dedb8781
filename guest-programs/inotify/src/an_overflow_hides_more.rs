//! `fsnotify_insert_event` (fs/notify/notification.c) looks first whether the queue is
//! full. So an event that would have merged overflows, and the end of a watch goes
//! unheard.

use marker::{check, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::inotify::AddWatchFlags;
use nix::sys::stat::Mode;
use nix::unistd::unlink;

use crate::files::{create, write_a_byte};
use crate::watcher::{HEADER, WATCHED, check_event, queued, read_events, with_a_queue_of_four};

pub fn run() -> nix::Result<()> {
    scene!("10. full: no merging, no IN_IGNORED");
    let inotify = with_a_queue_of_four()?;
    let wd = inotify.add_watch(WATCHED, AddWatchFlags::IN_MODIFY)?;
    let mut files = Vec::new();
    for name in '0'..='3' {
        let path = format!("{WATCHED}/{name}");
        create(&path)?;
        files.push(open(path.as_str(), OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?);
    }
    for file in &files[..3] {
        write_a_byte(file)?;
    }
    // Three of four, and the tail is an IN_MODIFY of file 2: this one merges.
    write_a_byte(&files[2])?;
    check!("FIONREAD", queued(&inotify)?, 3 * 32);
    // Four of four, and the tail is an IN_MODIFY of file 3: this one does not.
    write_a_byte(&files[3])?;
    check!("FIONREAD", queued(&inotify)?, 4 * 32);
    write_a_byte(&files[3])?;
    check!("FIONREAD", queued(&inotify)?, 4 * 32 + HEADER);
    inotify.rm_watch(wd)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 5);
    check_event(&events[4], -1, AddWatchFlags::IN_Q_OVERFLOW, 0, "");
    println!("10. full: a repeated IN_MODIFY overflows instead of merging,");
    println!("    and rm_watch brings no IN_IGNORED");
    for name in '0'..='3' {
        unlink(format!("{WATCHED}/{name}").as_str())?;
    }
    Ok(())
}
