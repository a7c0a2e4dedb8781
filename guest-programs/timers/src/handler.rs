//! A handler that reports what it is given.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::mark;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// What the handler saw: how often it ran, and the siginfo of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static VALUE: AtomicI32 = AtomicI32::new(0);
static OVERRUN: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_signal(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler.
    let info = unsafe { &*info };
    CODE.store(info.si_code, Relaxed);
    if info.si_code == libc::SI_TIMER {
        let (value, overrun) = (value(info), overrun(info));
        VALUE.store(value, Relaxed);
        OVERRUN.store(overrun, Relaxed);
        mark!("handler: SI_TIMER, si_value {}, si_overrun {}", value, overrun);
    } else {
        // SAFETY: it has room for a pid.
        let sender = unsafe { info.si_pid() };
        VALUE.store(sender, Relaxed);
        mark!("handler: {}, si_pid {}", name(info.si_code), sender);
    }
    RUNS.fetch_add(1, Relaxed);
}

fn value(info: &siginfo_t) -> i32 {
    // SAFETY: with SI_TIMER it is what the program gave to timer_create(2), a number.
    unsafe { info.si_value() }.sival_ptr.addr() as i32
}

/// The libc crate has no name for it: with SI_TIMER it is the sixth number
/// (include/uapi/asm-generic/siginfo.h).
fn overrun(info: &siginfo_t) -> i32 {
    // SAFETY: siginfo_t is 128 bytes, all of them numbers.
    unsafe { std::ptr::from_ref(info).cast::<i32>().add(5).read() }
}

pub fn name(code: c_int) -> &'static str {
    match code {
        libc::SI_KERNEL => "SI_KERNEL",
        libc::SI_TIMER => "SI_TIMER",
        _ => "another si_code",
    }
}

pub fn install(signal: Signal) -> nix::Result<()> {
    let handler = SigHandler::SigAction(on_signal);
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// How often the handler has run.
pub fn runs() -> i32 {
    RUNS.load(Relaxed)
}

/// What the handler saw: the name of si_code, si_pid or si_value, and si_overrun.
pub fn seen() -> (&'static str, i32, i32) {
    (name(CODE.load(Relaxed)), VALUE.load(Relaxed), OVERRUN.swap(0, Relaxed))
}

/// Waits until the handler has run once more. sigsuspend(2) unblocks and waits in one
/// step: no signal can slip in between.
pub fn wait() -> nix::Result<()> {
    let before = runs();
    while runs() == before {
        SigSet::empty().suspend()?;
    }
    Ok(())
}
