//! The ways in which a signal can be taken, and the value that it brings in each.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use bad_input::take;
use marker::mark;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use steps::set_of;

use crate::told;

pub fn take_each_in_another(signal: c_int) -> io::Result<()> {
    // SAFETY: the set is initialised. nix can name no real-time signal in it.
    let signals = unsafe { SigSet::from_sigset_t_unchecked(set_of(signal)) };
    mark!("1. sigwaitinfo: {}", told(take(signal)?));
    let file = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    mark!("1. signalfd: {}", told(file.read_signal()?.map(|info| info.ssi_int)));
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: *signals.as_ref(),
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler has the type that SA_SIGINFO asks for, and does only
    // what signal-safety(7) allows.
    Errno::result(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) })?;
    signals.thread_unblock()?;
    signals.thread_block()?;
    Ok(())
}

/// Marks the first run only: a module may send any number.
extern "C" fn on_signal(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    static RUNS: AtomicI32 = AtomicI32::new(0);
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, in
    // which the place of the value is always readable.
    let value = unsafe { (*info).si_value().sival_ptr.addr() } as i32;
    if RUNS.fetch_add(1, Ordering::Relaxed) == 0 {
        mark!("1. handler: {}", value);
    }
}
