//! A handler that reports what it is told.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::mark;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SigHandler, Signal};
use nix::unistd::{getpid, getppid};

use crate::action::set;

/// All that these signals' siginfo says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub signo: c_int,
    pub errno: c_int,
    pub code: c_int,
    pub pid: c_int,
    pub uid: c_int,
}

/// How often the handler ran, and what it was told in its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static TOLD: [AtomicI32; 5] = [const { AtomicI32::new(0) }; 5];

/// The parent of this process when it installed the handler.
static PARENT: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores, getpid(2) and one write(2).
extern "C" fn on_signal(signo: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler. These signals'
    // has room for a pid and a uid.
    let (errno, code, pid, uid) =
        unsafe { ((*info).si_errno, (*info).si_code, (*info).si_pid(), (*info).si_uid()) };
    let told = [signo, errno, code, pid, uid.cast_signed()];
    for (place, value) in TOLD.iter().zip(told) {
        place.store(value, Relaxed);
    }
    let signal = Signal::try_from(signo).map_or("another signal", Signal::as_str);
    mark!("handler: {}, {}, si_pid is {}", signal, name(code), whose(pid));
    RUNS.fetch_add(1, Relaxed);
}

fn name(code: c_int) -> &'static str {
    match code {
        libc::SI_USER => "SI_USER",
        libc::SI_KERNEL => "SI_KERNEL",
        _ => "another si_code",
    }
}

fn whose(pid: c_int) -> &'static str {
    match pid {
        0 => "0",
        _ if pid == getpid().as_raw() => "its own",
        _ if pid == PARENT.load(Relaxed) => "its parent's",
        _ => "another's",
    }
}

/// Has the handler run when this signal comes.
pub fn install(signal: Signal) -> nix::Result<()> {
    PARENT.store(getppid().as_raw(), Relaxed);
    set(signal, SigHandler::SigAction(on_signal))
}

/// How often it has run.
pub fn runs() -> i32 {
    RUNS.load(Relaxed)
}

/// What it was told in its last run.
pub fn told() -> Told {
    let [signo, errno, code, pid, uid] = TOLD.each_ref().map(|place| place.load(Relaxed));
    Told { signo, errno, code, pid, uid }
}
