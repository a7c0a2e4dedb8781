//! A time of day may come sooner or later than it was thought, because somebody sets the
//! clock. Who has asked for TFD_TIMER_CANCEL_ON_SET is woken then:
//! `timerfd_clock_was_set` (fs/timerfd.c) runs in the system call of the one that sets it.

use std::time::Duration;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use steps::{ended_well, start_when_asleep};

use crate::time::move_clock;
use crate::timerfd::expirations;

/// How far the clock is set, seconds: not so far that the time has come.
const MINUTE: i64 = 60;

pub fn run() -> nix::Result<()> {
    scene!("7. waits for a time of day; a child sets the clock a minute on");
    let timer = at_half_an_hour(TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET)?;
    let child = start_when_asleep(|| move_clock(MINUTE))?;
    set_name(c"reader")?;
    let result = expirations(&timer);
    set_name(c"timers")?;
    mark!("7. it has read");
    ended_well(child)?;
    move_clock(-MINUTE)?;
    let error = result.expect_err("the clock was set");
    check!("read", error, Errno::ECANCELED);
    println!("7. the clock is set, TFD_TIMER_CANCEL_ON_SET: read fails:");
    println!("   {error}");
    Ok(())
}

/// A timerfd that expires when it is half an hour later by the clock.
pub fn at_half_an_hour(flags: TimerSetTimeFlags) -> nix::Result<TimerFd> {
    let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_CLOEXEC)?;
    let now = nix::time::ClockId::CLOCK_REALTIME.now()?;
    let then = now + TimeSpec::from(Duration::from_secs(1800));
    timer.set(Expiration::OneShot(then), flags | TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
    Ok(timer)
}
