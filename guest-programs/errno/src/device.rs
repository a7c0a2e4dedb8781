//! The device.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::{fs, io};

use errno as lab;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::c_int;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;

/// The smallest page of x86-64.
pub const PAGE: usize = 4096;

pub fn claim(device: &OwnedFd) -> nix::Result<c_int> {
    // SAFETY: a request without an argument.
    unsafe { lab::claim(device.as_raw_fd()) }
}

/// What poll(2) says of the device, without waiting.
pub fn look(device: &OwnedFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(device.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT)];
    poll(&mut fds, PollTimeout::ZERO)?;
    fds[0].revents().ok_or(Errno::EINVAL)
}

pub fn use_count() -> io::Result<u32> {
    let count = fs::read_to_string("/sys/module/lab_errno/refcnt")?;
    count.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

pub fn open_device(access: OFlag) -> nix::Result<OwnedFd> {
    open(lab::DEVICE, access | OFlag::O_CLOEXEC, Mode::empty())
}
