//! A read of a timerfd that has not expired sleeps. The interrupt wakes it:
//! `timerfd_tmrproc` (fs/timerfd.c) is called as `it_real_fn` is.

use marker::{check, scene};
use nix::sys::prctl::set_name;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

use crate::time::PERIOD;
use crate::timerfd::expirations;

pub fn run() -> nix::Result<()> {
    scene!("6. reads a timerfd that expires in 40 ms");
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    timer.set(Expiration::OneShot(PERIOD.into()), TimerSetTimeFlags::empty())?;
    set_name(c"reader")?; // the trace shows who wakes a task of this name
    let count = expirations(&timer)?;
    set_name(c"timers")?;
    check!("expirations", count, 1);
    println!("6. a read that sleeps: the interrupt wakes it, {count}");
    Ok(())
}
