//! What SIGCHLD does, and what its handler saw.

use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use marker::{Arg, check, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

/// What the handler saw: how often it ran, and the siginfo of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static PID: AtomicI32 = AtomicI32::new(0);
static STATUS: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_sigchld(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SIGCHLD it holds a pid and a status.
    let (code, pid, status) = unsafe { ((*info).si_code, (*info).si_pid(), (*info).si_status()) };
    RUNS.fetch_add(1, Relaxed);
    CODE.store(code, Relaxed);
    PID.store(pid, Relaxed);
    STATUS.store(status, Relaxed);
    mark!("handler: {} si_pid {} si_status {}", name(code), Arg::Task(pid), status);
}

fn name(code: c_int) -> &'static str {
    match code {
        libc::CLD_EXITED => "CLD_EXITED",
        libc::CLD_KILLED => "CLD_KILLED",
        libc::CLD_STOPPED => "CLD_STOPPED",
        libc::CLD_CONTINUED => "CLD_CONTINUED",
        _ => "another si_code",
    }
}

/// Installs the handler, with SA_SIGINFO and what else is asked for.
pub fn handle(flags: SaFlags) -> nix::Result<()> {
    set(SigHandler::SigAction(on_sigchld), flags | SaFlags::SA_SIGINFO)
}

pub fn set(handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGCHLD, &action) }.map(drop)
}

/// Waits until the handler has run, `times` times. sigsuspend(2) unblocks and
/// waits in one step: no signal can slip in between.
pub fn wait_for_handler(times: i32) -> nix::Result<()> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) - before < times {
        SigSet::empty().suspend()?;
    }
    Ok(())
}

pub fn check_handler(code: c_int, child: Pid, status: c_int) {
    check!("si_code", name(CODE.load(Relaxed)), name(code));
    check!("si_pid", PID.load(Relaxed), child.as_raw());
    check!("si_status", STATUS.load(Relaxed), status);
}

pub fn is_pending() -> nix::Result<bool> {
    let mut pending = SigSet::empty();
    // SAFETY: sigpending writes a signal set to a valid pointer.
    Errno::result(unsafe { libc::sigpending(std::ptr::from_mut(&mut pending).cast()) })?;
    Ok(pending.contains(Signal::SIGCHLD))
}
