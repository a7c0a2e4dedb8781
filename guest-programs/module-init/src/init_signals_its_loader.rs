//! A signal that init sends to `current` goes to the process that loads the module. It is
//! delivered when finit_module(2) returns: `send_sig` (kernel/signal.c) only notes it
//! down, and init runs on.

use std::io;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{check, mark, scene};
use module_init::{load, remove};
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static RUNS: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: an addition and one write(2).
extern "C" fn on_sigusr1(_signal: c_int) {
    RUNS.fetch_add(1, Relaxed);
    mark!("handler of the loader");
}

pub fn run() -> io::Result<()> {
    let handler = SigHandler::Handler(on_sigusr1);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;

    scene!("10. init sends SIGUSR1 to current");
    check!("loading", load(c"signal=10"), Ok(()));
    mark!("10. finit_module has returned");
    check!("runs of the handler", RUNS.load(Relaxed), 1);
    remove(c"lab_module_init")?;
    println!("10. init signals current: the handler of the loader runs, after init");
    Ok(())
}
