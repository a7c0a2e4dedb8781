//! Acts on the student's loop: makes edu interrupt with one cause, with
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
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Stdio;
use std::time::Duration;

use eventfd::{CONTEXT, Target, open_device, raise, register};
use marker::mark;
use nix::sys::eventfd::{EfdFlags, EventFd};
use student::output::Output;
use student::rest::mark_rest;

const CAUSES: [u32; 3] = [0x1, 0x2, 0x4];

/// How long the program has for an answer, or for coming to rest. A count that
/// is told later does not count.
const ANSWER: Duration = Duration::from_millis(100);

/// How long it takes to start.
const START: Duration = Duration::from_millis(200);

/// What the program has told: a sum for each source.
type Told = BTreeMap<String, u64>;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let piled: Vec<usize> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;

    let mut sources = Vec::new();
    for causes in CAUSES {
        let device = open_device()?;
        // For the program: without EFD_CLOEXEC.
        let eventfd = EventFd::from_flags(EfdFlags::empty())?;
        let fd = eventfd.as_fd().as_raw_fd();
        let target = Target { fd, causes, remember: CONTEXT, padding: 0 };
        register(&device, target)?;
        sources.push((device, eventfd));
    }
    let device = &sources[0].0;
    let args = CAUSES
        .iter()
        .zip(&sources)
        .map(|(cause, (_, eventfd))| format!("{cause:#x}={}", eventfd.as_fd().as_raw_fd()).into());
    let mut command = student::command(args);
    let mut program = student::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    // So interrupts pile up indeed, before the program reads.
    steps::run_until_asleep()?;
    let input = program.stdin.take();
    let mut output = Output::of(&mut program)?;
    // By then it waits for the first event.
    output.hear(START)?;

    mark!("one by one");
    let mut right = true;
    for cause in [0x2, 0x4, 0x1] {
        interrupt(device, cause, 1)?;
        let told = told_in(&output.hear(ANSWER)?);
        right &= as_expected("one by one", &told, &[(cause, 1)]);
    }
    verdict("one by one", right);

    mark!("at once");
    interrupt(device, 0x6, 1)?;
    let told = told_in(&output.hear(ANSWER)?);
    verdict("at once", as_expected("at once", &told, &[(0x2, 1), (0x4, 1)]));

    mark!("piled up");
    let mut expected = Vec::new();
    for (cause, count) in CAUSES.into_iter().zip(piled).rev() {
        interrupt(device, cause, count)?;
        expected.push((cause, count as u64));
    }
    let told = told_in(&output.hear(ANSWER)?);
    verdict("piled up", as_expected("piled up", &told, &expected));

    mark_rest(&program, &mut output)?;

    mark!("standard input is closed");
    drop(input);
    output.hear(ANSWER)?;
    student::wait(&mut program)?;
    Ok(())
}

/// Has edu interrupt, each time with the same causes.
fn interrupt(device: &OwnedFd, causes: u32, count: usize) -> nix::Result<()> {
    for _ in 0..count {
        raise(device, causes)?;
    }
    Ok(())
}

/// What the lines tell. A line of another form tells nothing.
fn told_in(lines: &[String]) -> Told {
    let mut told = Told::new();
    for (name, count) in lines.iter().filter_map(|line| line.split_once(' ')) {
        if let Ok(count) = count.parse::<u32>() {
            *told.entry(name.to_owned()).or_default() += u64::from(count);
        }
    }
    told
}

/// Whether the program told these counts and no others; marks what it did not.
fn as_expected(step: &str, told: &Told, expected: &[(u32, u64)]) -> bool {
    let expected: Told =
        expected.iter().map(|(cause, count)| (format!("{cause:#x}"), *count)).collect();
    if *told == expected {
        return true;
    }
    mark!("{}: told {}, not {}", step, text(told), text(&expected));
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
        mark!("{}: every count is right", step);
    }
}
