//! Whether there is something to read, as epoll(7) and poll(2) say.

use std::os::fd::AsFd;

use nix::libc::c_int;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollEvent, EpollTimeout};

/// How many descriptors epoll_wait(2) reports, without waiting.
pub fn ready(epoll: &Epoll) -> nix::Result<usize> {
    epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO)
}

/// The same by poll(2).
pub fn readable(signals: impl AsFd) -> nix::Result<c_int> {
    poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO)
}
