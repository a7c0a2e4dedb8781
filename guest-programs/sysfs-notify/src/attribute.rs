//! The attribute that is announced, as a reader sees it.

use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::uio::pread;

use crate::{INTERRUPTS, open_attribute};

/// What poll says of an attribute that has been announced since it was read.
pub const NEWS: PollFlags = PollFlags::POLLERR.union(PollFlags::POLLPRI);

/// Opens it. Nobody has read it by this descriptor yet.
pub fn open() -> nix::Result<OwnedFd> {
    open_attribute(INTERRUPTS, OFlag::O_RDONLY)
}

/// Opens it, and reads it once: from here on, only an announcement is news.
pub fn open_and_read() -> nix::Result<OwnedFd> {
    let file = open()?;
    value(&file)?;
    Ok(file)
}

/// Reads it from its beginning, wherever the descriptor's position is.
pub fn value(file: &OwnedFd) -> nix::Result<String> {
    let mut text = [0; 16];
    let len = pread(file, &mut text, 0)?;
    Ok(String::from_utf8_lossy(&text[..len]).trim_end().to_owned())
}

/// What poll says now, asked for these events.
pub fn ready_for(file: &impl AsFd, events: PollFlags) -> nix::Result<PollFlags> {
    poll_for(file, events, PollTimeout::ZERO)
}

/// What poll says now, asked as this lesson does.
pub fn ready(file: &impl AsFd) -> nix::Result<PollFlags> {
    ready_for(file, PollFlags::POLLPRI)
}

/// Sleeps in poll until it says something.
pub fn wait(file: &impl AsFd) -> nix::Result<PollFlags> {
    poll_for(file, PollFlags::POLLPRI, PollTimeout::NONE)
}

/// What poll says, asked for these events.
pub fn poll_for(
    file: &impl AsFd,
    events: PollFlags,
    timeout: PollTimeout,
) -> nix::Result<PollFlags> {
    let mut files = [PollFd::new(file.as_fd(), events)];
    poll(&mut files, timeout)?;
    Ok(files[0].revents().unwrap_or(PollFlags::empty()))
}
