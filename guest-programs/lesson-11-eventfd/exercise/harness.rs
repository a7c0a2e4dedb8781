//! What acts on the student's loop: makes edu interrupt with one cause, with
//! two at once and many times in a row, closes the program's standard input
//! at last, and marks in the trace what the program made of it.
//!
//! Usage: harness A B C
//!
//! A, B and C are how many interrupts with cause 0x1, 0x2 and 0x4 pile up. The
//! program inherits an eventfd for each cause, so it needs no right to the
//! device; what it prints comes here first.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{ChildStdout, Stdio};
use std::time::{Duration, Instant};

use lesson_11_eventfd::{CONTEXT, DEVICE, Target, raise, register};
use marker::mark;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::stat::Mode;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

const CAUSES: [u32; 3] = [0x1, 0x2, 0x4];

/// How long the program has for an answer, or for coming to rest. A count that
/// is told later does not count.
const ANSWER: Duration = Duration::from_millis(100);

/// How long nothing happens, and what a program may use of it that sleeps.
const QUIET: Duration = Duration::from_millis(200);
const MAY_USE: Duration = Duration::from_millis(10);

/// So much of what the program prints is shown.
const SHOWN: usize = 100;

/// What the program has told: a sum for each source.
type Told = BTreeMap<String, u64>;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let piled: Vec<usize> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;

    let mut sources = Vec::new();
    for causes in CAUSES {
        let device = open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
        // For the program: without EFD_CLOEXEC.
        let eventfd = EventFd::from_flags(EfdFlags::empty())?;
        let fd = eventfd.as_fd().as_raw_fd();
        let target = Target { fd, causes, remember: CONTEXT, padding: 0 };
        // SAFETY: the module reads one Target, which lives through the call.
        unsafe { register(device.as_raw_fd(), &target) }?;
        sources.push((device, eventfd));
    }
    let device = &sources[0].0;
    let args = CAUSES
        .iter()
        .zip(&sources)
        .map(|(cause, (_, eventfd))| format!("{cause:#x}={}", eventfd.as_fd().as_raw_fd()).into());
    let mut program =
        student::command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    mark!("the program runs as {}", program.id());
    stay_ahead()?;
    let input = program.stdin.take();
    let mut output = Output::new(program.stdout.take().ok_or("no stdout")?);
    // By then it waits for the first event.
    output.hear(QUIET)?;

    mark!("one by one");
    let mut right = true;
    for cause in [0x2, 0x4, 0x1] {
        interrupt(device, cause, 1)?;
        let told = output.hear(ANSWER)?;
        right &= as_expected("one by one", &told, &[(cause, 1)]);
    }
    verdict("one by one", right);

    mark!("at once");
    interrupt(device, 0x6, 1)?;
    let told = output.hear(ANSWER)?;
    verdict("at once", as_expected("at once", &told, &[(0x2, 1), (0x4, 1)]));

    mark!("piled up");
    let mut expected = Vec::new();
    for (cause, count) in CAUSES.into_iter().zip(piled).rev() {
        interrupt(device, cause, count)?;
        expected.push((cause, count as u64));
    }
    let told = output.hear(ANSWER)?;
    verdict("piled up", as_expected("piled up", &told, &expected));

    mark!("nothing happens");
    let clock = clock_getcpuclockid(Pid::from_raw(program.id().cast_signed()));
    let used = || clock.and_then(clock_gettime).map(Duration::from);
    let before = used();
    output.hear(QUIET)?;
    match (before, used()) {
        // It has ended, or has done nothing so far: no wonder that it is quiet.
        (Err(Errno::ESRCH | Errno::EINVAL), _) | (_, Err(Errno::ESRCH | Errno::EINVAL)) => {
            mark!("nothing happens: the program has ended");
        }
        _ if !output.told_anything => mark!("nothing happens: nor has it ever told anything"),
        (before, after) => {
            let used = after?.saturating_sub(before?);
            if used <= MAY_USE {
                mark!("nothing happens: the program sleeps");
            } else {
                mark!(
                    "nothing happens: it runs for {} of {} ms",
                    used.as_millis(),
                    QUIET.as_millis()
                );
            }
        }
    }

    mark!("standard input is closed");
    drop(input);
    output.hear(ANSWER)?;
    student::wait(&mut program)?;
    Ok(())
}

/// Has edu interrupt, each time with the same causes.
fn interrupt(device: &OwnedFd, causes: u32, count: usize) -> nix::Result<()> {
    for _ in 0..count {
        // SAFETY: the module reads one u32, which lives through the call.
        unsafe { raise(device.as_raw_fd(), &causes) }?;
    }
    Ok(())
}

/// Whether the program told these counts and no others; marks what it did not.
fn as_expected(step: &str, told: &Told, expected: &[(u32, u64)]) -> bool {
    let expected: Told =
        expected.iter().map(|(cause, count)| (format!("{cause:#x}"), *count)).collect();
    if *told == expected {
        return true;
    }
    mark!("{step}: told {}, not {}", text(told), text(&expected));
    false
}

fn text(told: &Told) -> String {
    if told.is_empty() {
        return "nothing".to_owned();
    }
    let words: Vec<String> = told.iter().map(|(name, sum)| format!("{name} {sum}")).collect();
    words.join(", ")
}

fn verdict(step: &str, right: bool) {
    if right {
        mark!("{step}: every count is right");
    }
}

/// Lets nobody else run unless this process sleeps: as a real-time task on one
/// CPU. So interrupts pile up indeed.
fn stay_ahead() -> nix::Result<()> {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: it reads one sched_param from a valid pointer.
    Errno::result(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) })
        .map(drop)
}

/// The program's standard output.
struct Output {
    pipe: ChildStdout,
    /// What has come of the next line.
    rest: String,
    shown: usize,
    told_anything: bool,
}

impl Output {
    fn new(pipe: ChildStdout) -> Output {
        Output { pipe, rest: String::new(), shown: 0, told_anything: false }
    }

    /// Listens for that long, and adds up what the program tells.
    fn hear(&mut self, time: Duration) -> Result<Told, Box<dyn Error>> {
        let mut told = Told::new();
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut fds = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
            if left.is_zero() || poll(&mut fds, PollTimeout::try_from(left)?)? == 0 {
                return Ok(told);
            }
            let mut bytes = [0; 4096];
            let size = self.pipe.read(&mut bytes)?;
            if size == 0 {
                return Ok(told);
            }
            self.rest += &String::from_utf8_lossy(&bytes[..size]);
            while let Some((line, rest)) = self.rest.split_once('\n') {
                if self.shown < SHOWN {
                    println!("{line}");
                    self.shown += 1;
                }
                // A line of another form tells nothing.
                if let Some((name, count)) = line.split_once(' ')
                    && let Ok(count) = count.parse::<u32>()
                {
                    self.told_anything = true;
                    *told.entry(name.to_owned()).or_default() += u64::from(count);
                }
                self.rest = rest.to_owned();
            }
        }
    }
}
