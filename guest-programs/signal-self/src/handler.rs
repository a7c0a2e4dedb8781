//! A handler that looks at what it interrupted.

use std::sync::atomic::{AtomicI32, AtomicI64, Ordering::Relaxed};

use marker::mark;
use nix::libc::{self, c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// How often it ran, and the register RAX of what it interrupted, which holds a
/// system call's result.
static RUNS: AtomicI32 = AtomicI32::new(0);
static RAX: AtomicI64 = AtomicI64::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
pub extern "C" fn on_signal(_signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes an SA_SIGINFO handler a valid ucontext_t: what
    // it will go back to.
    let rax = unsafe { (*context.cast::<ucontext_t>()).uc_mcontext.gregs[libc::REG_RAX as usize] };
    RAX.store(rax, Relaxed);
    RUNS.fetch_add(1, Relaxed);
    mark!("handler: rax {}", rax);
}

/// How often it has run since the last call, and what it saw in RAX.
pub fn seen() -> (i32, i64) {
    (RUNS.swap(0, Relaxed), RAX.load(Relaxed))
}

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// Installs a handler, which does only what signal-safety(7) allows.
pub fn install(signal: Signal, handler: Handler, flags: SaFlags) -> nix::Result<()> {
    let handler = SigHandler::SigAction(handler);
    let action = SigAction::new(handler, flags | SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: as this function's callers see to.
    unsafe { sigaction(signal, &action) }.map(drop)
}
