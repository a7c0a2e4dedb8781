//! Every way back to user space will do, and an interrupt takes one:
//! `irqentry_exit_to_user_mode` (kernel/entry/common.c) looks for signals as the end
//! of a system call does. This program counts, and is in a handler all the same.

use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{check, mark, scene};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, Signal};
use signal_self::{RESTARTSYS, Target, raise_later, register};
use steps::{run_among_others, run_first};

use crate::{handler, name};

static RUNS: AtomicI32 = AtomicI32::new(0);

/// It does not look at RAX: what it interrupts is a loop, with anything in there.
extern "C" fn on_signal(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    mark!("handler of the spinner");
    RUNS.fetch_add(1, Relaxed);
}

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    handler::install(Signal::SIGUSR1, on_signal, SaFlags::empty())?;
    register(device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    // The interrupt is to find this process running, and nobody else.
    run_first()?;
    // Of a process of this name, the lesson traces every system call.
    name::with(c"spinner", || {
        raise_later(device)?;
        scene!("7. spins, makes no system call; edu interrupts in 100 ms");
        // Not spin_loop(): its PAUSE is costly in an emulator.
        let mut turns = 0_u64;
        while RUNS.load(Relaxed) == 0 {
            turns = black_box(turns.wrapping_add(1));
        }
        mark!("7. the handler has run");
        nix::Result::Ok(())
    })??;
    run_among_others()?;
    check!("runs of the handler", RUNS.load(Relaxed), 1);
    println!("7. a loop without system calls: the handler runs after an interrupt");
    Ok(())
}
