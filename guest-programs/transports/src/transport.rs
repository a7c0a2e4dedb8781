//! The transports: by what a program can be told of an interrupt.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use netlink_sys::Socket;
use nix::libc::{self, c_int};
use nix::sys::eventfd::{EfdFlags, EventFd};
use transports::{Choice, EVENTFD, NETLINK, QUEUE, SIGNAL, choose, listen};

/// A standard signal, and one of those that queue: SIGRTMIN + 10.
pub const STANDARD: c_int = libc::SIGUSR1;
pub const REAL_TIME: c_int = 44;

/// How many real-time signals may be pending, for all processes of this user.
pub const SIGPENDING: u64 = 100;

/// One way by which interrupts are told, with what it takes to hear them.
pub enum Transport {
    Nothing,
    Signal(c_int),
    Eventfd(EventFd),
    Netlink(Socket),
    Queue,
}

/// All transports, by their names.
pub fn all() -> io::Result<[(&'static str, Transport); 5]> {
    Ok([
        ("standard signal", Transport::Signal(STANDARD)),
        ("real-time signal", Transport::Signal(REAL_TIME)),
        ("eventfd", Transport::Eventfd(EventFd::from_flags(flags())?)),
        ("netlink", Transport::Netlink(listen()?)),
        ("read queue", Transport::Queue),
    ])
}

/// Tells the module by what the next interrupts are to be told, and sets its
/// counters back.
pub fn choose_transport(device: &OwnedFd, transport: &Transport) -> nix::Result<()> {
    let mut choice = Choice::default();
    match transport {
        Transport::Nothing => return Ok(()),
        Transport::Signal(signal) => {
            choice.transport = SIGNAL;
            choice.signal = signal.cast_unsigned();
        }
        Transport::Eventfd(eventfd) => {
            choice.transport = EVENTFD;
            choice.eventfd = eventfd.as_fd().as_raw_fd();
        }
        Transport::Netlink(_) => choice.transport = NETLINK,
        Transport::Queue => choice.transport = QUEUE,
    }
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

fn flags() -> EfdFlags {
    EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK
}
