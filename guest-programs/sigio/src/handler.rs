//! The handler of SIGIO. The signal is blocked except while the program waits for it, so
//! each run of the handler falls where the scene says.

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::mark;
use nix::errno::Errno;
use nix::libc::{self, SIGIO, c_int, c_void, siginfo_t};
use nix::sys::signal::SigSet;

use crate::info::{Info, name};

/// How often it ran, and the si_code of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_sigio(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler.
    let info = Info::from(unsafe { &*info });
    RUNS.fetch_add(1, Relaxed);
    CODE.store(info.code, Relaxed);
    mark!("handler: SIGIO {}", name(info.code));
}

pub fn install() -> nix::Result<()> {
    let action = libc::sigaction {
        sa_sigaction: on_sigio as *const () as usize,
        sa_mask: steps::set_of(SIGIO),
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler has the type that SA_SIGINFO asks for, and does only what
    // signal-safety(7) allows.
    Errno::result(unsafe { libc::sigaction(SIGIO, &action, ptr::null_mut()) }).map(drop)
}

/// Waits until the handler has run once more, and returns the si_code that it saw.
/// sigsuspend(2) unblocks and waits in one step: no signal can slip in between.
pub fn wait() -> nix::Result<c_int> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        SigSet::empty().suspend()?;
    }
    Ok(CODE.load(Relaxed))
}
