//! Acts on the student's program: makes edu interrupt as each of its three
//! jobs demands, then a thousand times more than anybody reads, to see what the
//! sender hears by the transport that it chose. Marks in the trace what came of
//! it.
//!
//! Usage: harness METERED FIRST SECOND
//!
//! METERED interrupts are to be counted. The log gets two series of payloads,
//! each of which counts from 1.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use marker::mark;
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use student::output::Output;
use transports::{Counters, DEVICE, counters, open_device, raise};

/// How many real-time signals may be pending.
const SIGPENDING: u64 = 100;

/// More than any transport keeps, but for the one that only counts.
const OVERRUN: u32 = 1000;

/// How long the program has to choose a transport, and for an answer. What comes
/// later does not count.
const START: Duration = Duration::from_millis(200);
const ANSWER: Duration = Duration::from_millis(100);

/// How long it computes before it is to be stopped, and how much of that it must
/// have used the CPU.
const COMPUTES: Duration = Duration::from_millis(50);
const AT_LEAST: Duration = Duration::from_millis(30);

/// The program, and the ways to it.
struct Student {
    program: Child,
    input: ChildStdin,
    output: Output,
    device: OwnedFd,
}

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
    let device = open_device()?;
    let mut command = student::command([]);
    let mut program = student::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let input = program.stdin.take().ok_or("no stdin")?;
    let output = Output::of(&mut program)?;
    let mut student = Student { program, input, output, device };
    // So nothing is read before all of it is sent.
    steps::run_until_asleep()?;

    mark!("meter");
    student.output.hear_some(1, START)?;
    student.interrupt(metered)?;
    student.say(b'g');
    let right = student.answers("meter", &format!("meter {metered}"))?;
    student.reason("meter", right)?;

    mark!("log");
    student.output.hear_some(1, START)?;
    student.interrupt(first)?;
    student.interrupt(second)?;
    student.say(b'g');
    let sum = |last: u32| last * (last + 1) / 2;
    let expected = format!("log {} {}", first + second, sum(first) + sum(second));
    let right = student.answers("log", &expected)?;
    student.reason("log", right)?;

    mark!("alarm");
    student.output.hear_some(1, START)?;
    let clock = clock_getcpuclockid(Pid::from_raw(student.program.id().cast_signed()))?;
    let before = Duration::from(clock_gettime(clock)?);
    student.say(b'g');
    let early = student.output.hear(COMPUTES)?;
    let used = Duration::from(clock_gettime(clock)?) - before;
    mark!("alarm: computed for {} of {} ms", used.as_millis(), COMPUTES.as_millis());
    student.interrupt(1)?;
    let right = student.answers("alarm", "alarm stopped")?;
    let right = right && early.is_empty() && used >= AT_LEAST;
    if right {
        mark!("alarm: in the middle of the computation");
    }
    student.reason("alarm", right)?;

    drop(student.input);
    student::wait(&mut student.program)?;
    Ok(())
}

impl Student {
    /// Has edu interrupt; when this returns, all of it is sent.
    fn interrupt(&self, count: u32) -> nix::Result<()> {
        // SAFETY: the module reads one u32, which lives through the call.
        unsafe { raise(self.device.as_raw_fd(), &count) }.map(drop)
    }

    /// What the program waits for: `g` to go to work, `n` for the next job. It
    /// may have ended, which will be seen.
    fn say(&mut self, word: u8) {
        let _ = self.input.write_all(&[word]);
    }

    /// Whether the next line is the answer that is wanted.
    fn answers(&mut self, job: &str, wanted: &str) -> Result<bool, Box<dyn Error>> {
        match self.output.hear_some(1, ANSWER)?.first() {
            Some(line) if line == wanted => {
                mark!("{}: right", job);
                return Ok(true);
            }
            Some(line) => mark!("{}: told `{}`, not `{}`", job, line, wanted),
            None => mark!("{}: told nothing, not `{}`", job, wanted),
        }
        Ok(false)
    }

    /// Overruns the transport that the program has chosen for this job, while it
    /// does not read, and compares who is told of it with what it says.
    fn reason(&mut self, job: &str, right: bool) -> Result<(), Box<dyn Error>> {
        let said = self.output.hear(ANSWER)?.pop();
        self.interrupt(OVERRUN)?;
        let mut sent = Counters::default();
        // SAFETY: the module writes one Counters, any content of which is valid.
        unsafe { counters(self.device.as_raw_fd(), &mut sent) }?;
        // The sender's error also tells by what way it sends, and so what the
        // reader gets to know.
        let (sender, reader) = match Errno::from_raw(-sent.error) {
            _ if sent.refused == 0 => ("nothing", "nothing"),
            Errno::EAGAIN => ("that", "nothing"),
            Errno::ESRCH => ("that", "that"),
            _ => ("that", "how much"),
        };
        mark!("{}: overrun: {} of {} refused", job, sent.refused, OVERRUN);
        let wanted = format!("{job} overrun: sender {sender}, reader {reader}");
        match said {
            Some(line) if line == wanted && right => mark!("{}: the reason is right", job),
            // It does not say what does happen: the student is to find out.
            Some(line) if line != wanted => mark!("{}: said `{}`: not so", job, line),
            // Of a transport that does not do the job, it explains nothing.
            _ => mark!("{}: no reason for what does the job", job),
        }
        self.say(b'n');
        Ok(())
    }
}
