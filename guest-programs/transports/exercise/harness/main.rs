//! Acts on the student's program: makes edu interrupt as each of its three
//! jobs demands, then a thousand times more than anybody reads, to see what the
//! sender hears by the transport that it chose. Marks in the trace what came of
//! it.
//!
//! Usage: harness METERED FIRST SECOND
//!
//! METERED interrupts are to be counted. The log gets two series of payloads,
//! each of which counts from 1.
//!
//! 1. The meter: interrupts are counted.
//! 2. The log: each brings a payload.
//! 3. The alarm: one stops a computation.

mod program;

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use marker::mark;
use nix::sys::resource::{Resource, setrlimit};
use nix::time::{clock_getcpuclockid, clock_gettime};
use transports::DEVICE;

use program::Program;

/// How many real-time signals may be pending.
const SIGPENDING: u64 = 100;

/// How long it computes before it is to be stopped, and how much of that it must
/// have used the CPU.
const COMPUTES: Duration = Duration::from_millis(50);
const AT_LEAST: Duration = Duration::from_millis(30);

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<u32> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    let &[metered, first, second] = &numbers[..] else {
        return Err("usage: harness METERED FIRST SECOND".into());
    };
    // As udev would do it for a device that is for everybody.
    fs::set_permissions(DEVICE, Permissions::from_mode(0o666))?;
    // The program inherits it, and cannot raise it again.
    setrlimit(Resource::RLIMIT_SIGPENDING, SIGPENDING, SIGPENDING)?;
    let mut program = Program::start()?;
    // So nothing is read before all of it is sent.
    steps::run_until_asleep()?;

    mark!("meter");
    program.wait_until_ready()?;
    program.interrupt(metered)?;
    program.say(b'g');
    let right = program.answers("meter", &format!("meter {metered}"))?;
    program.reason("meter", right)?;

    mark!("log");
    program.wait_until_ready()?;
    program.interrupt(first)?;
    program.interrupt(second)?;
    program.say(b'g');
    let sum = |last: u32| last * (last + 1) / 2;
    let expected = format!("log {} {}", first + second, sum(first) + sum(second));
    let right = program.answers("log", &expected)?;
    program.reason("log", right)?;

    mark!("alarm");
    program.wait_until_ready()?;
    let clock = clock_getcpuclockid(student::pid(&program.child))?;
    let before = Duration::from(clock_gettime(clock)?);
    program.say(b'g');
    let early = program.output.hear(COMPUTES)?;
    let used = Duration::from(clock_gettime(clock)?) - before;
    mark!("alarm: computed for {} of {} ms", used.as_millis(), COMPUTES.as_millis());
    program.interrupt(1)?;
    let right = program.answers("alarm", "alarm stopped")?;
    let right = right && early.is_empty() && used >= AT_LEAST;
    if right {
        mark!("alarm: in the middle of the computation");
    }
    program.reason("alarm", right)?;

    program.end()
}
