//! A socket has SIGPIPE from its own code: `unix_stream_sendmsg` (net/unix/af_unix.c)
//! sends it unless the call has MSG_NOSIGNAL. Then there is no signal that could be
//! ignored, and what the process does at SIGPIPE does not matter: a library can ask for it.

use std::os::fd::AsRawFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair};

use crate::handler;

pub fn run() -> nix::Result<()> {
    handler::install(Signal::SIGPIPE)?;
    let before = handler::runs();
    let flags = SockFlag::SOCK_CLOEXEC;
    let (peer, socket) = socketpair(AddressFamily::Unix, SockType::Stream, None, flags)?;
    drop(peer);
    scene!("6. send: to a socket whose peer is closed, MSG_NOSIGNAL");
    let sent = send(socket.as_raw_fd(), b"lost", MsgFlags::MSG_NOSIGNAL);
    check!("send", sent, Err(Errno::EPIPE));
    check!("the handler's runs", handler::runs(), before);
    mark!("6. the same without the flag");
    let sent = send(socket.as_raw_fd(), b"lost", MsgFlags::empty());
    check!("send", sent, Err(Errno::EPIPE));
    check!("the handler's runs", handler::runs(), before + 1);
    println!("6. send(2), MSG_NOSIGNAL: EPIPE, no signal; without it SIGPIPE, EPIPE");
    Ok(())
}
