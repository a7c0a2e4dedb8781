//! Callers: children with a filter that asks this program, their supervisor.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{SECCOMP_RET_USER_NOTIF, c_long, c_ulong};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use nix::unistd::Pid;
use steps::start;

use crate::filter;
use crate::listener::Listener;

/// Starts a child that asks this program about one system call, and does `work`. Returns
/// its listener, too.
pub fn start_caller(
    call: c_long,
    work: impl FnOnce() -> nix::Result<()>,
) -> nix::Result<(Pid, Listener)> {
    start_caller_with(0, call, work)
}

/// The same, with flags for seccomp(2).
pub fn start_caller_with(
    flags: c_ulong,
    call: c_long,
    work: impl FnOnce() -> nix::Result<()>,
) -> nix::Result<(Pid, Listener)> {
    let (ours, theirs) =
        socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC)?;
    let child = start(|| {
        let listener = Listener::install(&filter::on(call, SECCOMP_RET_USER_NOTIF), flags)?;
        hand_over(&listener, &theirs)?;
        // A caller that kept it would wait for ever when its supervisor has gone.
        drop(listener);
        work()
    })?;
    Ok((child, take(&ours)?))
}

/// Sends the descriptor itself: SCM_RIGHTS, see unix(7).
fn hand_over(listener: &Listener, socket: &OwnedFd) -> nix::Result<()> {
    let fds = [listener.as_fd().as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&fds)];
    let data = [IoSlice::new(b"!")];
    sendmsg::<()>(socket.as_raw_fd(), &data, &rights, MsgFlags::empty(), None).map(drop)
}

fn take(socket: &OwnedFd) -> nix::Result<Listener> {
    let mut byte = [0];
    let mut data = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut data, Some(&mut space), flags)?;
    match message.cmsgs()?.next() {
        Some(ControlMessageOwned::ScmRights(fds)) if fds.len() == 1 => {
            // SAFETY: the kernel has just made this descriptor for this process.
            Ok(unsafe { OwnedFd::from_raw_fd(fds[0]) }.into())
        }
        _ => Err(Errno::EBADMSG),
    }
}
