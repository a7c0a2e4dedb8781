//! Who waits for the same time without TFD_TIMER_CANCEL_ON_SET is not told that the
//! clock was set. The next interrupt of the clock finds that the time has come, that is
//! all, and calls `timerfd_tmrproc` (fs/timerfd.c) as always.

use marker::{check, mark, scene};
use nix::sys::prctl::set_name;
use nix::sys::signal::{Signal, kill};
use nix::sys::timer::TimerSetTimeFlags;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{spin_for_ever, start_when_asleep};

use crate::the_clock_is_set::at_half_an_hour;
use crate::time::move_clock;
use crate::timerfd::expirations;

/// How far the clock is set, seconds: the time has come then.
const HOUR: i64 = 3600;

pub fn run() -> nix::Result<()> {
    scene!("8. waits for a time of day, and not for the clock to be set");
    let timer = at_half_an_hour(TimerSetTimeFlags::empty())?;
    let child = start_when_asleep(|| {
        move_clock(HOUR)?;
        // So it is this task that the next interrupt falls on.
        spin_for_ever()
    })?;
    set_name(c"reader")?;
    let result = expirations(&timer);
    set_name(c"timers")?;
    mark!("8. it has read");
    kill(child, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("the child", waitpid(child, None)?, killed);
    move_clock(-HOUR)?;
    check!("read", result, Ok(1));
    println!("8. the clock is set, without it: a read returns 1");
    Ok(())
}
