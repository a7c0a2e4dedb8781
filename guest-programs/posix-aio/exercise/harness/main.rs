//! Acts on the student's program: gives it the descriptors to read from,
//! sees to it that its reads end in a certain order, and marks in the trace what
//! the program told of them, and when.
//!
//! Usage: harness FIRST SECOND LATER REASON
//!
//! The first numbers are how many bytes the reads get: two while the program is
//! busy with something else, one later. One read fails, for one REASON or
//! another, and the last one finds the end of the file.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Stdio;
use std::time::Duration;

use marker::mark;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::sys::stat::Mode;
use nix::unistd::{pipe2, write};
use student::output::Output;
use student::rest::mark_rest;

/// The requests, by their numbers.
const LATER: usize = 0;
const FAILS: usize = 1;
const FIRST: usize = 2;
const SECOND: usize = 3;
const END_OF_FILE: usize = 4;

/// How long the program has for an answer, or for coming to rest. What is told
/// later does not count.
const ANSWER: Duration = Duration::from_millis(100);

/// How long it takes to start.
const START: Duration = Duration::from_millis(200);

/// What the program has told of each request.
type Told = BTreeMap<usize, Vec<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<usize> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    let &[first, second, later, reason] = &numbers[..] else {
        return Err("usage: harness FIRST SECOND LATER REASON".into());
    };

    let pipes: Vec<(OwnedFd, OwnedFd)> =
        (0..=END_OF_FILE).map(|_| pipe2(OFlag::O_CLOEXEC)).collect::<Result<_, _>>()?;
    let folder = open("/", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    // Nobody can read from these: a pipe's end for writing, a folder.
    let (unreadable, errno) =
        if reason == 0 { (&pipes[FAILS].1, "EBADF") } else { (&folder, "EISDIR") };
    let mut args = Vec::new();
    for (number, (receiver, _)) in pipes.iter().enumerate() {
        let theirs = if number == FAILS { unreadable } else { receiver };
        fcntl(theirs, FcntlArg::F_SETFD(FdFlag::empty()))?;
        args.push(theirs.as_raw_fd().to_string().into());
    }
    let mut command = student::command(args);
    let mut program = student::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let mut input = program.stdin.take().ok_or("no stdin")?;
    let mut output = Output::of(&mut program)?;
    // Kept, so that no write fails because the program has ended.
    let (_receivers, mut senders): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();

    // The program has asked for all reads by then, and one has failed.
    output.hear(START)?;
    mark!("three reads end while the program is busy");
    write(&senders[FIRST], &vec![b'x'; first])?;
    write(&senders[SECOND], &vec![b'x'; second])?;
    let early = output.hear(ANSWER)?;
    mark!("the program is not busy any more");
    // It may have ended, which will be seen.
    let _ = input.write_all(b"!");
    let mut first_told = told_in(&[early, output.hear(ANSWER)?].concat());
    let failure: Told = first_told.remove_entry(&FAILS).into_iter().collect();
    judge("the failure", &failure, &[(FAILS, errno.to_owned())]);
    judge("two reads at a time", &first_told, &[(FIRST, bytes(first)), (SECOND, bytes(second))]);

    mark!("one read ends");
    write(&senders[LATER], &vec![b'x'; later])?;
    let told = told_in(&output.hear(ANSWER)?);
    judge("one read alone", &told, &[(LATER, bytes(later))]);

    mark_rest(&program, &mut output)?;

    mark!("the last read finds the end of the file");
    senders.truncate(END_OF_FILE);
    let told = told_in(&output.hear(ANSWER)?);
    judge("the last read", &told, &[(END_OF_FILE, bytes(0))]);
    drop(input);
    student::wait(&mut program)?;
    Ok(())
}

/// What the lines tell. A line of another form tells nothing.
fn told_in(lines: &[String]) -> Told {
    let mut told = Told::new();
    for (number, text) in lines.iter().filter_map(|line| line.split_once(' ')) {
        if let Ok(number) = number.parse() {
            told.entry(number).or_default().push(text.to_owned());
        }
    }
    told
}

fn bytes(size: usize) -> String {
    format!("{size} bytes")
}

/// Marks whether the program told this, once, and nothing else.
fn judge(step: &str, told: &Told, expected: &[(usize, String)]) {
    let expected: Told =
        expected.iter().map(|(number, text)| (*number, vec![text.clone()])).collect();
    if *told == expected {
        mark!("{}: told rightly", step);
    } else {
        mark!("{}: told {}, not {}", step, text(told), text(&expected));
    }
}

fn text(told: &Told) -> String {
    if told.is_empty() {
        return "nothing".to_owned();
    }
    let words = told
        .iter()
        .flat_map(|(number, texts)| texts.iter().map(move |text| format!("{number} {text}")));
    words.collect::<Vec<_>>().join(", ")
}
