//! A timer of setitimer(2) that goes on is only set again when its signal is *taken*
//! (`dequeue_signal`, kernel/signal.c). So while SIGALRM is blocked there is one, and
//! the periods that pass leave no trace. The next one comes where it would have come.

use std::time::Duration;

use marker::{check, mark, scene};
use nix::time::ClockId;

use crate::handler;
use crate::time::{PERIOD, come_too_late, set_itimer};

pub fn run() -> nix::Result<()> {
    scene!("3. a SIGALRM each 40 ms; blocked for 140 ms");
    let start = Duration::from(ClockId::CLOCK_MONOTONIC.now()?);
    set_itimer(PERIOD, PERIOD)?;
    come_too_late()?;
    mark!("3. it lets SIGALRM in");
    handler::wait()?;
    mark!("3. it waits for the next");
    handler::wait()?;
    let time = Duration::from(ClockId::CLOCK_MONOTONIC.now()?) - start;
    mark!("3. the next has come");
    set_itimer(Duration::ZERO, Duration::ZERO)?;
    check!("periods", time.as_millis() / PERIOD.as_millis(), 4);
    println!("3. setitimer, three periods: one SIGALRM, nothing is counted;");
    println!("   the next comes at the end of the fourth");
    Ok(())
}
