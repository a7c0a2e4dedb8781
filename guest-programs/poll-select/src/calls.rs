//! select(2) and poll(2) with the C library's own structures: nix's `FdSet` and
//! `PollFd` hold open descriptors only, and closed ones are half the story.

use std::ptr;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_short, fd_set, pollfd, timeval};
use nix::poll::PollFlags;

/// select(2), the system call itself: the C library's select() calls pselect6
/// and converts the time, there and back.
pub fn select(
    nfds: c_int,
    reads: Option<&mut fd_set>,
    writes: Option<&mut fd_set>,
    excepts: Option<&mut fd_set>,
    timeout: Option<&mut timeval>,
) -> nix::Result<c_int> {
    fn pointer<T>(of: Option<&mut T>) -> *mut T {
        of.map_or(ptr::null_mut(), ptr::from_mut)
    }
    let [reads, writes, excepts] = [reads, writes, excepts].map(pointer);
    // SAFETY: each pointer is null or valid, and nfds does not exceed
    // FD_SETSIZE, for which a set has room.
    let ready =
        unsafe { libc::syscall(libc::SYS_select, nfds, reads, writes, excepts, pointer(timeout)) };
    Errno::result(ready).map(|ready| ready as c_int)
}

/// poll(2)
pub fn poll(fds: &mut [pollfd], timeout_ms: c_int) -> nix::Result<c_int> {
    // SAFETY: pointer and length are those of a slice, any content of which is
    // a valid question and a valid answer.
    Errno::result(unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout_ms) })
}

/// What poll(2) says, in words.
pub fn names(revents: c_short) -> String {
    let set = PollFlags::from_bits_retain(revents);
    let names: Vec<&str> = set.iter_names().map(|(name, _)| name).collect();
    if names.is_empty() { "0".to_owned() } else { names.join(" | ") }
}
