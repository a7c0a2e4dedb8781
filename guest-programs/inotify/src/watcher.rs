//! The watcher: what it watches, and how it reads the events that are queued.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};

use marker::check;
use nix::libc::{self, c_int};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::read;
use steps::errno;

/// Two directories: the lesson watches the first.
pub const WATCHED: &str = "watched";
pub const ELSEWHERE: &str = "elsewhere";

/// How many events a queue holds in step 9.
const QUEUE: &str = "/proc/sys/fs/inotify/max_queued_events";

/// Size of `struct inotify_event` without its name, bytes.
pub const HEADER: usize = size_of::<libc::inotify_event>();

nix::ioctl_read_bad! {
    /// How many bytes a read would return.
    fionread, libc::FIONREAD, c_int
}

/// One record, as the kernel copies it: four numbers and a padded name.
#[derive(Debug)]
pub struct Event {
    pub wd: i32,
    pub mask: AddWatchFlags,
    pub cookie: u32,
    pub len: u32,
    pub name: String,
}

/// A new queue with one watch.
pub fn watch(path: &str, events: AddWatchFlags) -> nix::Result<(Inotify, i32)> {
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    let wd = inotify.add_watch(path, events)?.as_raw();
    Ok((inotify, wd))
}

/// A new queue for four events. The limit is looked at when a queue is made,
/// so it can be put back at once.
pub fn with_a_queue_of_four() -> nix::Result<Inotify> {
    let before = fs::read_to_string(QUEUE).map_err(errno)?;
    fs::write(QUEUE, "4").map_err(errno)?;
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC);
    fs::write(QUEUE, before).map_err(errno)?;
    inotify
}

/// One read(2), taken apart. nix's `read_events` does the same, but leaves out
/// `len`, which is what this lesson looks at.
pub fn read_events(inotify: &Inotify, capacity: usize) -> nix::Result<Vec<Event>> {
    let mut buffer = vec![0; capacity];
    let length = read(inotify, &mut buffer)?;
    let mut rest = &buffer[..length];
    let mut events = Vec::new();
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>() {
        let (&[wd, mask, cookie, len], _) = header.as_chunks::<4>() else {
            unreachable!("a header is four numbers of four bytes");
        };
        let len = u32::from_ne_bytes(len);
        let (padded, next) = behind.split_at(len as usize);
        let name = padded.split(|&byte| byte == 0).next().unwrap_or_default();
        events.push(Event {
            wd: i32::from_ne_bytes(wd),
            mask: AddWatchFlags::from_bits_retain(u32::from_ne_bytes(mask)),
            cookie: u32::from_ne_bytes(cookie),
            len,
            name: String::from_utf8_lossy(name).into_owned(),
        });
        rest = next;
    }
    Ok(events)
}

pub fn check_event(event: &Event, wd: i32, mask: AddWatchFlags, len: u32, name: &str) {
    check!("wd", event.wd, wd);
    check!("mask", event.mask, mask);
    check!("len", event.len, len);
    check!("name", event.name.as_str(), name);
}

/// How many bytes are queued: ioctl(2) with FIONREAD.
pub fn queued(inotify: &Inotify) -> nix::Result<usize> {
    let mut bytes = 0;
    // SAFETY: the ioctl writes an int to a valid pointer.
    unsafe { fionread(inotify.as_fd().as_raw_fd(), &raw mut bytes)? };
    Ok(usize::try_from(bytes).expect("a size is not negative"))
}
