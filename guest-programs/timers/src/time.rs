//! The lengths of time of all scenes, and how a program comes too late.

use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::time::{TimeSpec, TimeVal, TimeValLike};
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};

/// How long a timer takes, and a period of one that goes on.
pub const PERIOD: Duration = Duration::from_millis(40);

/// How long the program sleeps while a timer goes on: three periods end meanwhile.
const TOO_LONG: Duration = Duration::from_millis(140);

/// Sleeps while three periods end. A blocked signal does not end a sleep.
pub fn come_too_late() -> nix::Result<()> {
    let time = TimeSpec::from(TOO_LONG);
    clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::empty(), &time).map(drop)
}

/// Sets the process's one timer of setitimer(2) for this time from now, and then for
/// each period, if there is one.
pub fn set_itimer(time: Duration, period: Duration) -> nix::Result<()> {
    let value = |time: Duration| *TimeVal::microseconds(time.as_micros() as i64).as_ref();
    let timer = libc::itimerval { it_value: value(time), it_interval: value(period) };
    // SAFETY: the timer lives through the call.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    Errno::result(set).map(drop)
}

/// Sets the time of day, this much on or back.
pub fn move_clock(seconds: i64) -> nix::Result<()> {
    let clock = ClockId::CLOCK_REALTIME;
    clock.set_time(clock.now()? + TimeSpec::new(seconds, 0))
}
