//! How far a machine has come by its own clock, as QEMU knows it: the guest can do
//! nothing about that. It tells a machine that runs on and on from one that its host
//! leaves no time.

use std::time::{Duration, Instant};

use qapi::qmp;

use super::monitor::{Monitor, MonitorError};

/// The guest's clock, seen from the host.
pub struct GuestClock {
    started: Instant,
    /// How far the host's clock was ahead of it then.
    ahead_ms: i64,
}

impl GuestClock {
    /// To be asked for while the machine has not gone on yet. `None` where the guest's
    /// clock is the host's, or QEMU does not tell.
    pub fn start(monitor: &mut Monitor) -> Result<Option<GuestClock>, MonitorError> {
        let info = match human(monitor, "info jit") {
            Err(MonitorError::Failed(_)) => return Ok(None),
            info => info?,
        };
        let Some(ahead_ms) = ahead_ms(&info) else { return Ok(None) };
        Ok(Some(GuestClock { started: Instant::now(), ahead_ms }))
    }

    /// The guest's time since then; `None` if QEMU does not tell.
    fn elapsed(&self, monitor: &mut Monitor) -> Option<Duration> {
        let ahead_ms = ahead_ms(&human(monitor, "info jit").ok()?)? - self.ahead_ms;
        let elapsed_ms = i64::try_from(self.started.elapsed().as_millis()).ok()? - ahead_ms;
        Some(Duration::from_millis(u64::try_from(elapsed_ms).ok()?))
    }

    /// Whether the machine itself is why it has not ended: more than `limit` of its own
    /// time is over, or its processor has stopped for good.
    pub fn ran_away(&self, monitor: &mut Monitor, limit: Duration) -> bool {
        self.elapsed(monitor).is_some_and(|elapsed| elapsed > limit)
            || human(monitor, "info registers").is_ok_and(|registers| stopped(&registers))
    }
}

fn human(monitor: &mut Monitor, command: &str) -> Result<String, MonitorError> {
    let command_line = command.to_owned();
    monitor.execute(&qmp::human_monitor_command { command_line, cpu_index: None })
}

/// How far the host's clock is ahead of the guest's, of what `info jit` says.
fn ahead_ms(info: &str) -> Option<i64> {
    let line = info.lines().find_map(|line| line.strip_prefix("Host - Guest clock"))?;
    line.trim().strip_suffix(" ms")?.parse().ok()
}

/// Whether the processor waits for an interrupt (HLT) that it does not let in, of what
/// `info registers` says.
fn stopped(registers: &str) -> bool {
    const IF: u32 = 1 << 9;
    let value = |name: &str| {
        let word = registers.split_whitespace().find_map(|word| word.strip_prefix(name))?;
        u32::from_str_radix(word, 16).ok()
    };
    value("HLT=") == Some(1) && value("RFL=").is_some_and(|flags| flags & IF == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_are_compared() {
        let info = "TB count            0\r\nHost - Guest clock  -1234 ms\r\nMax guest delay\r\n";
        assert_eq!(ahead_ms(info), Some(-1234));
        assert_eq!(ahead_ms("unknown command: 'info jit'\r\n"), None);
    }

    #[test]
    fn a_processor_that_lets_no_interrupt_in_has_stopped() {
        let registers = |flags: &str, halted| {
            format!("RIP=ffffffff8 RFL={flags} [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT={halted}\r\n")
        };
        assert!(stopped(&registers("00000046", 1)));
        assert!(!stopped(&registers("00000246", 1)));
        assert!(!stopped(&registers("00000046", 0)));
        assert!(!stopped("unknown command"));
    }
}
