//! A handler that says what it is given.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, mark};
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

/// si_pid of the handler's last run.
static SENDER: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: a store and one write(2).
extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and for these
    // signals it has room for a pid.
    let (code, pid) = unsafe { ((*info).si_code, (*info).si_pid()) };
    SENDER.store(pid, Relaxed);
    let signal = if signal == libc::SIGUSR1 { "SIGUSR1" } else { "SIGUSR2" };
    mark!("handler: {}, {}, si_pid {}", signal, name(code), Arg::Task(pid));
}

fn name(code: c_int) -> &'static str {
    match code {
        libc::SI_USER => "SI_USER",
        libc::SI_TKILL => "SI_TKILL",
        _ => "another si_code",
    }
}

/// Who sent the handler's last signal, as it was told.
pub fn last_sender() -> Pid {
    Pid::from_raw(SENDER.load(Relaxed))
}

/// Has a signal, SIGUSR1 or SIGUSR2, handled by it.
pub fn handle(signal: Signal) -> nix::Result<()> {
    set(signal, SigHandler::SigAction(on_signal))
}

pub fn set(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    let flags = match handler {
        SigHandler::SigAction(_) => SaFlags::SA_SIGINFO,
        _ => SaFlags::empty(),
    };
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handlers do only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}
