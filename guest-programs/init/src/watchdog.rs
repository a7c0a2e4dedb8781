//! A watchdog: it ends a machine in which even PID 1 no longer gets to run, such as one
//! that is interrupted for ever.
//!
//! It counts the guest's time, so a slow or busy host changes nothing. QEMU's
//! i6300esb (hw/watchdog/wdt_i6300esb.c; drivers/watchdog/i6300esb.c in Linux
//! names its registers) counts down twice and then tells the host.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use protocol::WATCHDOG_SLOT;

use crate::machine::{self, KMEMLEAK};
use crate::registers::Registers;

/// Configuration space: how often it counts, and what happens at the end.
const CONFIG: u64 = 0x60;
/// Configuration space: whether it counts.
const LOCK: u64 = 0x68;
const ENABLE: u8 = 1 << 1;

/// Memory: the values from which the first and the second count start.
const TIMER1: usize = 0x00;
const TIMER2: usize = 0x04;
/// Memory: what has to be written here before each other write.
const RELOAD: usize = 0x0c;
const UNLOCK: [u16; 2] = [0x80, 0x86];
/// Memory: written to RELOAD, starts the first count again.
const AGAIN: u16 = 1 << 8;

/// One count with the slower of its two clocks: 33 MHz divided by 2^15.
const TICK: Duration = Duration::from_nanos((1 << 15) * 1_000_000_000 / 33_000_000);
/// Counts have 20 bits.
const MOST: u128 = (1 << 20) - 1;

/// How long everything but the program may take: loading modules, ending what the
/// program left, sending the record.
pub fn rest() -> Duration {
    Duration::from_secs(3) * patience()
}

/// How long PID 1 may not run while it waits for the program. A guest's second of
/// `cpu_relax()` takes five of the host's, because each PAUSE leaves the emulator's loop.
const UNFED: Duration = Duration::from_secs(1);

/// How many times as long everything may take. On a kernel that watches itself, each
/// instruction of the kernel costs several.
fn patience() -> u32 {
    if Path::new(KMEMLEAK).exists() { 10 } else { 1 }
}

/// A watchdog that PID 1 feeds while it waits for the program.
pub struct Fed(Registers);

impl Fed {
    pub fn start() -> Result<Fed, String> {
        arm((UNFED.as_nanos() / TICK.as_nanos()) as u32 * patience()).map(Fed)
    }

    /// Starts the count again.
    pub fn feed(&self) {
        write(&self.0, RELOAD, AGAIN);
    }
}

/// Stops the watchdog: for work of PID 1 that takes minutes of the guest's time, and
/// for a wait for the host, which an idle guest's clock skips.
pub fn stop() -> Result<(), String> {
    let path = format!("/sys/bus/pci/devices/{WATCHDOG_SLOT}/config");
    File::options()
        .write(true)
        .open(&path)
        .and_then(|config| config.write_all_at(&[0], LOCK))
        .map_err(|e| format!("failed to write `{path}`: {e}"))
}

/// Starts the watchdog: it ends the machine after `limit` of the guest's time. It
/// cannot count more than 17 minutes, and leaves a longer limit to the host.
pub fn start(limit: Duration) -> Result<(), String> {
    let ticks = limit.as_nanos() / TICK.as_nanos();
    if ticks > MOST {
        return Ok(());
    }
    arm(ticks as u32).map(drop)
}

/// Starts the first count.
fn arm(ticks: u32) -> Result<Registers, String> {
    stop()?;
    let path = format!("/sys/bus/pci/devices/{WATCHDOG_SLOT}");
    // Without a driver to do so, memory decoding has to be switched on by hand.
    let enable = format!("{path}/enable");
    machine::write(&enable, "1")?;
    let path = format!("{path}/config");
    let failed = |e| format!("failed to write `{path}`: {e}");
    let config = File::options().write(true).open(&path).map_err(failed)?;

    let registers = Registers::map(WATCHDOG_SLOT)?;
    write(&registers, TIMER1, ticks);
    write(&registers, TIMER2, 1_u32);
    // The slow clock, no interrupt after the first count, and an action at the end.
    const SLOW_AND_SILENT: u16 = 0b11;
    config.write_all_at(&SLOW_AND_SILENT.to_le_bytes(), CONFIG).map_err(failed)?;
    config.write_all_at(&[ENABLE], LOCK).map_err(failed)?;
    Ok(registers)
}

/// Writes a register, which has to be unlocked each time.
fn write<T>(registers: &Registers, register: usize, value: T) {
    for word in UNLOCK {
        registers.write(RELOAD, word);
    }
    registers.write(register, value);
}
