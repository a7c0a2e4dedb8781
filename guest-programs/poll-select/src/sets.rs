//! Sets of descriptors: an `fd_set` is an array of bits, one a descriptor.

use std::os::fd::{AsRawFd, RawFd};

use nix::libc::{FD_ISSET, FD_SET, FD_SETSIZE, c_int, fd_set};

pub fn empty() -> fd_set {
    // SAFETY: a set is an array of integers; zeros are the empty set.
    unsafe { std::mem::zeroed() }
}

pub fn of(fds: &[&dyn AsRawFd]) -> fd_set {
    let mut set = empty();
    fds.iter().for_each(|fd| add(&mut set, fd.as_raw_fd()));
    set
}

pub fn add(set: &mut fd_set, fd: RawFd) {
    assert!((0..FD_SETSIZE as RawFd).contains(&fd), "a set has room for {FD_SETSIZE}");
    // SAFETY: the set has room for it.
    unsafe { FD_SET(fd, set) }
}

pub fn members(set: &fd_set) -> Vec<RawFd> {
    // SAFETY: the set has room for each of them.
    (0..FD_SETSIZE as RawFd).filter(|&fd| unsafe { FD_ISSET(fd, set) }).collect()
}

/// The members that a set of these would have.
pub fn numbers(fds: &[&dyn AsRawFd]) -> Vec<RawFd> {
    let mut numbers: Vec<RawFd> = fds.iter().map(|fd| fd.as_raw_fd()).collect();
    numbers.sort_unstable();
    numbers
}

/// The highest descriptor, plus 1.
pub fn nfds(fds: &[&dyn AsRawFd]) -> c_int {
    fds.iter().map(|fd| fd.as_raw_fd() + 1).max().unwrap_or(0)
}
