//! A file's owner: F_SETOWN, F_GETOWN, F_SETSIG and F_GETOWNER_UIDS of fcntl(2), for
//! which nix has no arguments.

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::unistd::Pid;

/// From include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h; libc does not
/// have them for glibc.
const F_SETSIG: c_int = 10;
const F_GETOWNER_UIDS: c_int = 17;

/// F_SETOWN: the process that is to get the signals.
pub fn set(file: &impl AsFd, owner: Pid) -> nix::Result<()> {
    call(file, libc::F_SETOWN, owner.as_raw()).map(drop)
}

/// F_GETOWN: who gets them; 0 for nobody.
pub fn get(file: &impl AsFd) -> nix::Result<Pid> {
    call(file, libc::F_GETOWN, 0).map(Pid::from_raw)
}

/// F_SETSIG: which signal it is to be; 0 for plain SIGIO.
pub fn set_signal(file: &impl AsFd, signal: c_int) -> nix::Result<()> {
    call(file, F_SETSIG, signal).map(drop)
}

/// F_GETOWNER_UIDS: the real and the effective user of who last set the owner.
pub fn set_by(file: &impl AsFd) -> nix::Result<(u32, u32)> {
    let mut users = [u32::MAX; 2];
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: the kernel writes two user ids, for which there is room.
    Errno::result(unsafe { libc::fcntl(fd, F_GETOWNER_UIDS, users.as_mut_ptr()) })?;
    Ok((users[0], users[1]))
}

fn call(file: &impl AsFd, request: c_int, argument: c_int) -> nix::Result<c_int> {
    // SAFETY: these requests take a number.
    Errno::result(unsafe { libc::fcntl(file.as_fd().as_raw_fd(), request, argument) })
}
