//! What SIGWINCH does, and what its handler saw.

use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use marker::{Arg, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::size::{size, tiocgwinsz};

/// What the handler saw: how often it ran, the siginfo of its last run, and the
/// size that it found. Every process has its own.
pub static RUNS: AtomicI32 = AtomicI32::new(0);
pub static CODE: AtomicI32 = AtomicI32::new(0);
pub static PID: AtomicI32 = AtomicI32::new(0);
pub static ROWS: AtomicI32 = AtomicI32::new(0);
pub static COLUMNS: AtomicI32 = AtomicI32::new(0);

/// The signal says that there is a new size, not which: the handler asks.
///
/// ioctl(2) is not on signal-safety(7)'s list. It may be called here because
/// SIGWINCH is blocked except in sigsuspend(2): this handler interrupts nothing.
pub extern "C" fn on_sigwinch(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SI_USER and SI_KERNEL it holds a pid.
    let (code, pid) = unsafe { ((*info).si_code, (*info).si_pid()) };
    let mut size = size(0, 0);
    // SAFETY: the kernel writes one Winsize, any content of which is valid. If
    // it fails, the size stays 0x0, which the program's checks notice.
    let _ = unsafe { tiocgwinsz(libc::STDIN_FILENO, &mut size) };
    RUNS.fetch_add(1, Relaxed);
    CODE.store(code, Relaxed);
    PID.store(pid, Relaxed);
    ROWS.store(size.ws_row.into(), Relaxed);
    COLUMNS.store(size.ws_col.into(), Relaxed);
    mark!("handler: {} si_pid {}, {}x{}", name_of(code), Arg::Task(pid), size.ws_row, size.ws_col);
}

pub fn name_of(code: c_int) -> &'static str {
    match code {
        libc::SI_USER => "SI_USER",
        libc::SI_KERNEL => "SI_KERNEL",
        _ => "another si_code",
    }
}

pub fn set(handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler does only what may be done where it runs.
    unsafe { sigaction(Signal::SIGWINCH, &action) }.map(drop)
}

pub fn sigwinch() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGWINCH);
    set
}

pub fn is_pending() -> nix::Result<bool> {
    let mut pending = SigSet::empty();
    // SAFETY: sigpending writes a signal set to a valid pointer.
    Errno::result(unsafe { libc::sigpending(std::ptr::from_mut(&mut pending).cast()) })?;
    Ok(pending.contains(Signal::SIGWINCH))
}
