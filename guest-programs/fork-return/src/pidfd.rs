//! System calls on pidfds, which nix does not wrap: pidfd_open(2) and
//! pidfd_send_signal(2).

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

/// pidfd_open(2).
pub fn open_pidfd(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let fd = Errno::result(fd)?.try_into().expect("a descriptor is an int");
    // SAFETY: the descriptor is new, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// pidfd_send_signal(2), with SIGTERM.
pub fn signal_by_pidfd(pidfd: &OwnedFd) -> nix::Result<()> {
    let no_siginfo = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo stands for the one that kill(2) would send.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::SIGTERM, no_siginfo, 0)
    };
    Errno::result(result).map(drop)
}

/// What poll(2) says of a descriptor, without waiting.
pub fn poll_now(fd: &OwnedFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO)?;
    Ok(fds[0].revents().expect("the kernel knows no other bits"))
}
