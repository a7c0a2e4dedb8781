//! A signal handler for a process of the harness's own, whose system call the signal is
//! to interrupt.

use std::os::fd::{AsRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{self, c_int, suseconds_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// No file: what the handler writes there is lost.
const NOWHERE: RawFd = -1;

/// Where the handler writes to.
static FILE: AtomicI32 = AtomicI32::new(NOWHERE);

/// Writes one byte. Does only what signal-safety(7) allows.
extern "C" fn on_signal(_: c_int) {
    // SAFETY: one byte of a string that lives for ever. A descriptor that is none is an
    // error, and harmless.
    unsafe { libc::write(FILE.load(Relaxed), c"x".as_ptr().cast(), 1) };
}

/// Has a signal handled.
pub fn install(signal: Signal, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// Has the handler write a byte to this file each time that it runs. Until then it
/// writes nothing.
pub fn write_to(file: &impl AsRawFd) {
    FILE.store(file.as_raw_fd(), Relaxed);
}

/// Has SIGALRM come once, after that time. alarm(2) knows only seconds.
pub fn alarm_after(time: Duration) -> nix::Result<()> {
    let value = libc::timeval {
        tv_sec: time.as_secs().cast_signed(),
        tv_usec: suseconds_t::from(time.subsec_micros()),
    };
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: never, it_value: value };
    // SAFETY: the timer lives through the call.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) };
    Errno::result(set).map(drop)
}
