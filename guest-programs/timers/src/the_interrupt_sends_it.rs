//! setitimer(2) leaves a timer with the kernel. When its time has come the clock
//! interrupts, `hrtimer_interrupt` (kernel/time/hrtimer.c) finds the timer, and
//! `it_real_fn` (kernel/time/itimer.c) sends SIGALRM. The program sleeps meanwhile.

use std::time::Duration;

use marker::{check, scene};

use crate::handler;
use crate::time::{PERIOD, set_itimer};

pub fn run() -> nix::Result<()> {
    scene!("1. sleeps; SIGALRM is to come in 40 ms");
    set_itimer(PERIOD, Duration::ZERO)?;
    handler::wait()?;
    check!("handler", handler::seen(), ("SI_KERNEL", 0, 0));
    println!("1. setitimer: SIGALRM, SI_KERNEL, si_pid 0");
    Ok(())
}
