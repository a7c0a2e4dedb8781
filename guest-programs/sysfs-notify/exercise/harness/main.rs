//! Acts on the student's reader: has the attribute change one by one, many times in a row,
//! and while the reader tells a change; and marks what it told. At last the module goes.
//!
//! Usage: harness START PILE
//!
//! START is the value at the beginning, and PILE how many changes come at once.

use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Read, Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::ChildStdout;
use std::time::Duration;

use marker::mark;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use student::output::{Output, as_expected};
use student::rest::mark_rest;
use student::wait::{system_call, until};
use sysfs_notify::{FOLDER, INTERRUPTS, MODULE, raise, set};

/// How long the program has for an answer. What is told later does not count.
const ANSWER: Duration = Duration::from_millis(100);
/// How long it takes to start.
const START: Duration = Duration::from_millis(200);
/// What the pipe holds in which it tells, bytes: the least that there is.
const PIPE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<u32> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    let [mut value, pile] = numbers[..] else { return Err("usage: harness START PILE".into()) };
    set(INTERRUPTS, &value.to_string())?;

    let (reader, writer) = pipe()?;
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(PIPE as i32))?;
    let mut plug = Plug(reader.try_clone()?);
    let mut command = student::command([format!("{FOLDER}/{INTERRUPTS}").into()]);
    let mut program = student::spawn(command.stdout(writer))?;
    drop(command); // it has the pipe, too
    program.stdout = Some(ChildStdout::from(OwnedFd::from(reader)));
    // So changes come all at once indeed, before the program looks.
    steps::run_until_asleep()?;
    let mut output = Output::of(&mut program)?;

    mark!("the first value");
    verdict("the first value", &output.hear(START)?, &[value]);

    mark!("one by one");
    let mut told = Vec::new();
    for _ in 0..3 {
        raise()?;
        told.extend(output.hear(ANSWER)?);
    }
    verdict("one by one", &told, &[value + 1, value + 2, value + 3]);

    mark!("a pile");
    for _ in 0..pile {
        raise()?;
    }
    value += 3 + pile;
    verdict("a pile", &output.hear(ANSWER)?, &[value]);

    mark_rest(&program, &mut output)?;

    mark!("while it tells");
    let filled = plug.fill()?;
    raise()?;
    // The number of write(2) on x86-64, and standard output.
    until(&mut program, ANSWER, |program| {
        Ok(system_call(program)?.is_some_and(|call| call.starts_with("1 0x1 ")))
    })?;
    raise()?;
    if filled {
        plug.empty()?;
    }
    verdict("while it tells", &output.hear(ANSWER)?, &[value + 1, value + 2]);

    mark!("the attribute goes");
    steps::remove(MODULE)?;
    if as_expected(&output.hear(ANSWER)?, &["gone".to_owned()]) {
        mark!("the attribute goes: right");
    }
    if program.try_wait()?.is_none() {
        program.kill()?;
    }
    student::wait(&mut program)?;
    Ok(())
}

/// The pipe in which the program tells. While it is full, the program cannot.
struct Plug(PipeReader);

impl Plug {
    /// Fills it. `false`: there is something in it, which the program has told just now.
    fn fill(&self) -> io::Result<bool> {
        // Opened for now: as long as somebody can write to a pipe, it does not end. And
        // the program's own writes are to wait.
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        let mut writer = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        match writer.write(&[b'.'; PIPE]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            written => written.map(|len| len == PIPE),
        }
    }

    /// Takes out what has filled it.
    fn empty(&mut self) -> io::Result<()> {
        self.0.read_exact(&mut [0; PIPE])
    }
}

/// Marks whether the program told these values and nothing else.
fn verdict(step: &str, told: &[String], want: &[u32]) {
    let want: Vec<String> = want.iter().map(u32::to_string).collect();
    if as_expected(told, &want) {
        mark!("{}: right", step);
    }
}
