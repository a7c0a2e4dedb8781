//! A listener, by which a supervisor gets requests and answers them (seccomp_unotify(2)).

use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc::{self, c_int, seccomp_notif, seccomp_notif_addfd, seccomp_notif_resp, sock_filter};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_no_new_privs;

use crate::filter::seccomp;

mod request {
    use super::{seccomp_notif, seccomp_notif_addfd, seccomp_notif_resp};

    nix::ioctl_readwrite!(recv, b'!', 0, seccomp_notif);
    nix::ioctl_readwrite!(send, b'!', 1, seccomp_notif_resp);
    nix::ioctl_write_ptr!(id_valid, b'!', 2, u64);
    nix::ioctl_write_ptr!(addfd, b'!', 3, seccomp_notif_addfd);
}

pub struct Listener(OwnedFd);

impl Listener {
    /// Installs a filter for this process, and returns its listener.
    pub fn install(filter: &[sock_filter], flags: libc::c_ulong) -> nix::Result<Listener> {
        set_no_new_privs()?;
        let fd = seccomp(filter, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | flags)?;
        // SAFETY: the descriptor is new, and nobody else's. It fits, as all do.
        Ok(Listener(unsafe { OwnedFd::from_raw_fd(fd as RawFd) }))
    }

    /// What there is to do, without waiting: POLLIN for a request, POLLOUT for an answer.
    pub fn ready(&self, wait: PollTimeout) -> nix::Result<PollFlags> {
        let wanted = PollFlags::POLLIN | PollFlags::POLLOUT;
        let mut fds = [PollFd::new(self.0.as_fd(), wanted)];
        poll(&mut fds, wait)?;
        fds[0].revents().ok_or(Errno::EINVAL)
    }

    /// Waits for the next request.
    pub fn receive(&self) -> nix::Result<seccomp_notif> {
        let mut request = empty();
        self.receive_into(&mut request)?;
        Ok(request)
    }

    /// The same with a buffer, which is to be all zeroes.
    pub fn receive_into(&self, request: &mut seccomp_notif) -> nix::Result<()> {
        // SAFETY: the kernel writes one request.
        unsafe { request::recv(self.0.as_raw_fd(), request) }.map(drop)
    }

    /// Lets the call return a value, without being made.
    pub fn answer(&self, id: u64, val: i64) -> nix::Result<()> {
        self.send(seccomp_notif_resp { id, val, error: 0, flags: 0 })
    }

    /// Lets it fail. The kernel wants the errno as it returns one itself: negative.
    pub fn refuse(&self, id: u64, error: c_int) -> nix::Result<()> {
        self.send(seccomp_notif_resp { id, val: 0, error, flags: 0 })
    }

    /// Lets it be made.
    pub fn go_on(&self, id: u64) -> nix::Result<()> {
        let flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
        self.send(seccomp_notif_resp { id, val: 0, error: 0, flags })
    }

    fn send(&self, mut answer: seccomp_notif_resp) -> nix::Result<()> {
        // SAFETY: the kernel reads one answer.
        unsafe { request::send(self.0.as_raw_fd(), &raw mut answer) }.map(drop)
    }

    /// Whether the caller still waits for this answer: ENOENT if not.
    pub fn still_waits(&self, id: u64) -> nix::Result<()> {
        // SAFETY: the kernel reads one number.
        unsafe { request::id_valid(self.0.as_raw_fd(), &raw const id) }.map(drop)
    }

    /// Puts a descriptor into the caller's table, and lets the call return its number there.
    pub fn answer_with(&self, id: u64, fd: BorrowedFd) -> nix::Result<()> {
        let answer = seccomp_notif_addfd {
            id,
            flags: libc::SECCOMP_ADDFD_FLAG_SEND as u32,
            srcfd: fd.as_raw_fd().cast_unsigned(),
            newfd: 0, // the lowest that is free there
            newfd_flags: libc::O_CLOEXEC as u32,
        };
        // SAFETY: the kernel reads one such structure.
        unsafe { request::addfd(self.0.as_raw_fd(), &raw const answer) }.map(drop)
    }
}

/// A request of zeroes.
pub fn empty() -> seccomp_notif {
    // SAFETY: all its fields are numbers.
    unsafe { zeroed() }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Listener {
    fn from(fd: OwnedFd) -> Listener {
        Listener(fd)
    }
}
