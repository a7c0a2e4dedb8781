//! Whether a student's program sleeps while nothing happens.

use std::io;
use std::process::Child;
use std::time::Duration;

use marker::mark;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};

use crate::output::Output;
use crate::pid;

/// How long nothing happens, and how much of it a program that sleeps may use.
const QUIET: Duration = Duration::from_millis(200);
const MAY_USE: Duration = Duration::from_millis(10);

/// Lets 200 ms pass and marks what the program did meanwhile: `nothing happens:
/// the program sleeps` if it has printed something so far, has not ended, and
/// hardly uses the CPU.
pub fn mark_rest(program: &Child, output: &mut Output) -> io::Result<()> {
    // The clock counts all threads. A process that has ended still has one, because it
    // is not reaped yet.
    let clock = clock_getcpuclockid(pid(program))?;
    let used = |clock: ClockId| clock_gettime(clock).map(Duration::from);
    let before = used(clock)?;
    mark!("nothing happens");
    output.hear(QUIET)?;
    let used = used(clock)? - before;
    // A process that has ended, or has done nothing so far, is quiet for another reason.
    if output.ended {
        mark!("nothing happens: the program has ended");
    } else if output.lines == 0 {
        mark!("nothing happens: nor has it ever told anything");
    } else if used <= MAY_USE {
        mark!("nothing happens: the program sleeps");
    } else {
        let (used, of) = (used.as_millis(), QUIET.as_millis());
        mark!("nothing happens: it runs for {} of {} ms", used, of);
    }
    Ok(())
}
