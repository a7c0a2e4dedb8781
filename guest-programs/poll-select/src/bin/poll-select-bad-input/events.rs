//! What poll(2) says of the device.

use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What poll says now.
pub fn now(device: &OwnedFd) -> nix::Result<PollFlags> {
    let all = PollFlags::POLLIN | PollFlags::POLLPRI | PollFlags::POLLOUT;
    let mut fds = [PollFd::new(device.as_fd(), all)];
    poll(&mut fds, PollTimeout::ZERO)?;
    Ok(fds[0].revents().unwrap_or(PollFlags::empty()))
}

/// Waits until poll has something to say, wanted or unasked, and returns it.
pub fn wait_for(device: &OwnedFd, wanted: PollFlags) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(device.as_fd(), wanted)];
    poll(&mut fds, PollTimeout::NONE)?;
    Ok(fds[0].revents().unwrap_or(PollFlags::empty()))
}
