//! The signal's handler, and what it saw.
//!
//! The signal is blocked except while the program waits for it, so each run of the
//! handler falls where the scene says.

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use kill_pid::SIGNAL;
use marker::{Arg, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::SigSet;

/// How often it ran, and the siginfo of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static PID: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_signal(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SI_USER and SI_KERNEL it holds a pid.
    let (code, pid) = unsafe { ((*info).si_code, (*info).si_pid()) };
    RUNS.fetch_add(1, Relaxed);
    CODE.store(code, Relaxed);
    PID.store(pid, Relaxed);
    mark!("handler: {} si_pid {}", name(code), Arg::Task(pid));
}

fn name(code: c_int) -> &'static str {
    match code {
        libc::SI_KERNEL => "SI_KERNEL",
        libc::SI_USER => "SI_USER",
        _ => "another si_code",
    }
}

/// Blocks the signal and installs the handler.
pub fn install() -> nix::Result<()> {
    steps::block(SIGNAL)?;
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: steps::set_of(SIGNAL),
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler has the type that SA_SIGINFO asks for, and does only
    // what signal-safety(7) allows.
    Errno::result(unsafe { libc::sigaction(SIGNAL, &action, ptr::null_mut()) }).map(drop)
}

/// Waits until the handler has run once more. sigsuspend(2) unblocks and waits in
/// one step: no signal can slip in between.
pub fn wait() -> nix::Result<()> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        SigSet::empty().suspend()?;
    }
    Ok(())
}

/// si_code and si_pid, as the handler last saw them.
pub fn siginfo() -> (c_int, i32) {
    (CODE.load(Relaxed), PID.load(Relaxed))
}
