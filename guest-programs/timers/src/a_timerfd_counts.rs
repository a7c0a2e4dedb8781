//! A timerfd sends nothing. `timerfd_tmrproc` (fs/timerfd.c) notes that a period has
//! ended; those that follow are worked out when somebody reads (`timerfd_read_iter`).

use marker::{check, mark, scene};
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

use crate::time::{PERIOD, come_too_late};
use crate::timerfd::expirations;

pub fn run() -> nix::Result<()> {
    scene!("5. a timerfd that expires each 40 ms; nobody reads for 140 ms");
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    timer.set(Expiration::Interval(PERIOD.into()), TimerSetTimeFlags::empty())?;
    come_too_late()?;
    let count = expirations(&timer)?;
    mark!("5. it has read {}", count);
    check!("expirations", count, 3);
    println!("5. timerfd, three periods: no signal, a read returns {count}");
    Ok(())
}
