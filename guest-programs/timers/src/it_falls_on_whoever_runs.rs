//! The interrupt comes when the time has come, and whatever runs then is what it falls
//! on: here the program itself. `it_real_fn` (kernel/time/itimer.c) does not look at it;
//! the timer belongs to a process, and that is who gets the signal.

use std::hint::black_box;
use std::time::Duration;

use marker::{check, scene};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};

use crate::handler;
use crate::time::{PERIOD, set_itimer};

pub fn run() -> nix::Result<()> {
    let mut sigalrm = SigSet::empty();
    sigalrm.add(Signal::SIGALRM);
    scene!("2. runs; SIGALRM is to come in 40 ms");
    set_itimer(PERIOD, Duration::ZERO)?;
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigalrm), None)?;
    let before = handler::runs();
    // Not spin_loop(): its PAUSE is costly in an emulator.
    let mut turns = 0_u64;
    while handler::runs() == before {
        turns = black_box(turns.wrapping_add(1));
    }
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigalrm), None)?;
    check!("handler", handler::seen(), ("SI_KERNEL", 0, 0));
    println!("2. the same while the program runs: the interrupt falls on it");
    Ok(())
}
