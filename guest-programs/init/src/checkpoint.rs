//! The moment at which the host saves the machine.

use std::fs;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use protocol::{CHECKPOINT_PARAMETER, PVPANIC_SLOT};

use crate::registers::Registers;
use crate::supervise::now;

/// Whether the host wants to save the machine before the job begins.
pub fn is_wanted() -> Result<bool, String> {
    let cmdline = fs::read_to_string("/proc/cmdline")
        .map_err(|e| format!("failed to read `/proc/cmdline`: {e}"))?;
    Ok(cmdline.split_whitespace().any(|word| word == CHECKPOINT_PARAMETER))
}

/// Stops the machine by reporting a false panic to `pvpanic-pci`: QEMU pauses, and
/// the host saves the machine. Returns when a restored machine goes on.
///
/// The guest stops at this very instruction, but its clock may not: until QEMU
/// notices that the machine is paused, it may or may not move the clock on to the
/// next timer, depending on how the host's threads run. Three things make sure that
/// this changes nothing:
///
/// - PID 1 stops just after it has slept, so the next timer is the scheduler's
///   tick, less than 4 ms away;
/// - it stays awake until that tick has come. Whether the clock got there by itself
///   or was moved, there is one tick, in this process;
/// - it goes on at a mark on the clock that is far from the tick. So even if QEMU
///   went on to another timer (some devices have one of a second), everything is at
///   least as old as in every other run.
pub fn stop_here() -> Result<(), String> {
    const PANICKED: u8 = 1; // PVPANIC_PANICKED, include/uapi/misc/pvpanic.h
    const MARKS: Duration = Duration::from_secs(2);
    /// Two ticks and a little more.
    const AWAKE: Duration = Duration::from_millis(10);
    let panic = Registers::map(PVPANIC_SLOT)?;
    let mark = sleep_until_next(MARKS)?;
    panic.write(0, PANICKED);
    while now()? < mark + AWAKE {}
    sleep_until_next(MARKS)?;
    Ok(())
}

/// Sleeps until the guest's clock shows a multiple of `marks`, and returns that.
pub fn sleep_until_next(marks: Duration) -> Result<Duration, String> {
    let next = marks * (now()?.as_millis() / marks.as_millis() + 1) as u32;
    let flags = ClockNanosleepFlags::TIMER_ABSTIME;
    clock_nanosleep(ClockId::CLOCK_MONOTONIC, flags, &TimeSpec::from(next))
        .map_err(|e| format!("failed to sleep: {e}"))?;
    Ok(next)
}
