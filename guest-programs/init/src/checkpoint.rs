//! The moment at which the host saves the machine.

use std::fs;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use protocol::{CHECKPOINT_PARAMETER, PVPANIC_SLOT, SETTLE_PARAMETER};

use crate::registers::Registers;
use crate::supervise::now;

/// Two ticks and a little more.
const AWAKE: Duration = Duration::from_millis(10);

/// Whether the host wants to save the machine before the job begins.
pub fn is_wanted() -> Result<bool, String> {
    has_parameter(CHECKPOINT_PARAMETER)
}

/// Sleeps until the kernel has little work of its own, if the host asks for that. Times are
/// since boot.
///
/// A worker of the kernel takes half a millisecond now and then, and an interrupt that is to
/// find the idle task may find that worker instead. Two kinds of work come periodically:
///
/// - The kernel reseeds its random numbers, after 60 s, or after half the time since boot
///   while that is less (`crng_reseed_interval`, drivers/char/random.c). However long the boot
///   took, the last of the growing intervals ends before 172 s, and the first of 60 s not
///   before 189 s.
/// - The network looks after its neighbours every 5.0 to 5.3 s (`neigh_managed_work`,
///   net/core/neighbour.c), but only when the processor is busy at a tick. So PID 1 is busy
///   at 170.6 s. It comes again when a restored machine has gone on, at 176 s, and then
///   not for 5 s, in which a lesson runs.
pub fn settle() -> Result<(), String> {
    const BUSY: Duration = Duration::from_millis(170_600);
    const SETTLED: Duration = Duration::from_secs(172);
    if has_parameter(SETTLE_PARAMETER)? {
        sleep_until(BUSY)?;
        while now()? < BUSY + AWAKE {}
        sleep_until(SETTLED)?;
    }
    Ok(())
}

fn has_parameter(parameter: &str) -> Result<bool, String> {
    let cmdline = fs::read_to_string("/proc/cmdline")
        .map_err(|e| format!("failed to read `/proc/cmdline`: {e}"))?;
    Ok(cmdline.split_whitespace().any(|word| word == parameter))
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
    sleep_until(next)?;
    Ok(next)
}

/// Sleeps until the guest's clock shows this, or more.
fn sleep_until(time: Duration) -> Result<(), String> {
    let flags = ClockNanosleepFlags::TIMER_ABSTIME;
    clock_nanosleep(ClockId::CLOCK_MONOTONIC, flags, &TimeSpec::from(time))
        .map(drop)
        .map_err(|e| format!("failed to sleep: {e}"))
}
