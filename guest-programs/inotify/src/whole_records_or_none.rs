//! The deliberate failure: `get_one_event` (fs/notify/inotify/inotify_user.c) refuses a
//! buffer that the next record does not fit into. Nothing is lost by it.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::inotify::AddWatchFlags;
use nix::unistd::unlink;

use crate::files::create;
use crate::watcher::{HEADER, WATCHED, queued, read_events, watch};

pub fn run() -> nix::Result<()> {
    scene!("5. buffers that are too small");
    let (inotify, _) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    create("watched/a")?;
    create("watched/b")?;
    check!("FIONREAD", queued(&inotify)?, 64);
    let error = read_events(&inotify, HEADER).expect_err("the name does not fit");
    check!("read of 16 bytes", error, Errno::EINVAL);
    check!("FIONREAD", queued(&inotify)?, 64);
    // The second record is not cut: it waits for the next read.
    let events = read_events(&inotify, 63)?;
    check!("events", events.len(), 1);
    check!("FIONREAD", queued(&inotify)?, 32);
    println!("5. 64 bytes are queued (FIONREAD);");
    println!("   a read of 16 bytes fails: {error}");
    println!("   a read of 63 bytes returns 32: whole records only");
    unlink("watched/a")?;
    unlink("watched/b")
}
