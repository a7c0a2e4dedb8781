//! A look at an eventfd that takes nothing from it.

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use steps::proc_hex;

/// What poll(2) says of it, without waiting.
pub fn by_poll(eventfd: &EventFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT)];
    poll(&mut fds, PollTimeout::ZERO)?;
    fds[0].revents().ok_or(Errno::EINVAL)
}

/// The count, which is in hexadecimal in /proc/self/fdinfo (proc_pid_fdinfo(5)).
pub fn by_fdinfo(eventfd: &EventFd) -> nix::Result<u64> {
    proc_hex(&format!("/proc/self/fdinfo/{}", eventfd.as_raw_fd()), "eventfd-count")
}
