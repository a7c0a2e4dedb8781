//! The whole way: edu interrupts, `lab_kill_pid_isr` acknowledges and calls
//! `kill_pid`, and this process, which sleeps, is woken for its handler. The
//! interrupt falls on another process, which has nothing to do with any of this.

use std::io;

use kill_pid::{Counters, Target, counters, open_device, raise_later, register};
use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use steps::{spin_for_ever, start};

use crate::handler;

/// What edu raises when a transfer ends, and so what `raise_later` raises.
const CAUSE_DMA: u32 = 0x100;

/// `wire` is what the module was loaded for.
pub fn run(wire: &str) -> io::Result<()> {
    let device = open_device()?;
    register(&device, Target::default())?;
    let spinner = start(spin_for_ever)?;
    scene!("{}: sleeps while {} spins; edu interrupts in 100 ms", wire, spinner);
    raise_later(&device)?;
    handler::wait()?;

    // SI_KERNEL and no sender: the kernel itself decided to send this.
    check!("siginfo", handler::siginfo(), (libc::SI_KERNEL, 0));
    let want = Counters { interrupts: 1, causes: CAUSE_DMA, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    println!("{wire}: 1 interrupt, causes 0x100, kill_pid returns 0");
    println!("   handler: SI_KERNEL, si_pid 0");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(()) // `device` is closed here, which ends the registration.
}
