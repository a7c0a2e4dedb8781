//! A timer of timer_create(2) has one siginfo, made beforehand, and `send_sigqueue`
//! (kernel/signal.c) queues it. While it is queued there is no second; but when it is
//! taken, `posixtimer_rearm` (kernel/time/posix-timers.c) puts into it how many periods
//! have passed since.
//!
//! Its si_code is SI_TIMER, which is negative, although nobody but the kernel sends it.

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;

use crate::handler;
use crate::time::{PERIOD, come_too_late};

pub fn run() -> nix::Result<()> {
    scene!("4. timer_create: a SIGUSR1 each 40 ms; blocked for 140 ms");
    let notify = SigevNotify::SigevSignal { signal: Signal::SIGUSR1, si_value: 7 };
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, SigEvent::new(notify))?;
    timer.set(Expiration::Interval(PERIOD.into()), TimerSetTimeFlags::empty())?;
    come_too_late()?;
    mark!("4. it lets SIGUSR1 in");
    handler::wait()?;
    mark!("4. the handler has run");
    check!("handler", handler::seen(), ("SI_TIMER", 7, 2));
    check!("timer_getoverrun", timer.overruns(), 2);
    println!("4. timer_create, three periods: one signal, SI_TIMER ({}),", libc::SI_TIMER);
    println!("   si_value 7, si_overrun {}", timer.overruns());
    Ok(())
}
