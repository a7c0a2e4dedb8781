//! Requests to the device.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use errno as lab;
use errno::Answer;
use nix::fcntl::{OFlag, open};
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::unistd::write;

/// Where the handler says that it has run.
pub static TELL: AtomicI32 = AtomicI32::new(-1);

/// Only what signal-safety(7) allows: a load and write(2).
extern "C" fn on_signal(_signal: c_int) {
    // SAFETY: the pipe stays open as long as a signal can come.
    let pipe = unsafe { BorrowedFd::borrow_raw(TELL.load(Relaxed)) };
    // What goes wrong here shows as a read of the pipe that does not end.
    let _ = write(pipe, b"h");
}

pub fn handle(flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGALRM, &action) }.map(drop)
}

pub fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(lab::DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | flags, Mode::empty())
}

pub fn answer(device: &OwnedFd, value: i64, signal: u32, padding: u32) -> nix::Result<c_int> {
    let answer = Answer { value: value.into(), signal: signal.into(), padding: padding.into() };
    // SAFETY: the module reads one Answer, which lives through the call.
    unsafe { lab::answer(device.as_raw_fd(), &answer) }
}

pub fn claim(device: &OwnedFd) -> nix::Result<c_int> {
    // SAFETY: a request without an argument.
    unsafe { lab::claim(device.as_raw_fd()) }
}
