//! Does something each period, and knows which periods it has missed.
//!
//! Usage: main PERIOD
//!
//! PERIOD is in milliseconds. The program runs until it is killed.

// region: imports
use std::time::{Duration, Instant};

use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use nix::unistd::read;
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Calls `work` at the end of each period, with the period's number and how many it has
/// missed since the last call. A period that has ended while the program was busy or
/// stopped is missed, unless it is the last one that has ended.
fn each_period(period: Duration) -> Result<()> {
    // region: each-period
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    timer.set(Expiration::Interval(period.into()), TimerSetTimeFlags::empty())?;
    let mut number = 0;
    loop {
        // region: read
        let mut count = [0; 8];
        read(&timer, &mut count)?;
        // region: solution
        // So many periods have ended since the last read. The last one of them is on
        // time, the others are missed.
        // endregion
        let ended = u64::from_ne_bytes(count);
        // endregion
        // region: count
        number += ended;
        work(number, ended - 1, period);
        // endregion
    }
    // endregion
}

/// What is done each period: it takes half of one.
// region: attribute
// endregion
fn work(number: u64, missed: u64, period: Duration) {
    println!("period {number}, missed {missed}");
    let start = Instant::now();
    while start.elapsed() < period / 2 {}
}

fn main() -> Result<()> {
    let period: u64 = std::env::args().nth(1).ok_or("usage: main PERIOD")?.parse()?;
    each_period(Duration::from_millis(period))
}
