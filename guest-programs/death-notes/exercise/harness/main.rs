//! Reads what the student's program writes into a named pipe, and goes in the middle of a
//! record. Then it comes back, and reads the rest.
//!
//! Usage: harness RECORDS TAKEN
//!
//! 1. The first reader takes TAKEN records and the beginning of the next, and goes.
//! 2. Nobody reads.
//! 3. The next reader takes what comes.
//! 4. The program becomes another, which nobody reads.

mod reader;

use std::error::Error;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

use marker::mark;
use nix::libc;
use nix::sys::stat::{Mode, umask};
use nix::unistd::mkfifo;
use student::wait::{system_call, until};

use crate::reader::{RECORD, Reader};

const PIPE: &str = "/tmp/log";

/// How long the program may take for a step. It needs a tenth of that.
const PATIENCE: Duration = Duration::from_millis(200);

/// How much of a record the first reader takes before it goes, bytes.
const BEGINNING: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut arguments = std::env::args().skip(1);
    let (Some(records), Some(taken)) = (arguments.next(), arguments.next()) else {
        return Err("usage: harness RECORDS TAKEN".into());
    };
    let (all, taken): (usize, usize) = (records.parse()?, taken.parse()?);
    // Whoever the program is, it may open the pipe.
    umask(Mode::empty());
    mkfifo(PIPE, Mode::from_bits_truncate(0o666))?;

    mark!("1. a reader comes");
    let mut first = Reader::open(PIPE)?;
    let mut program = student::start([PIPE.into(), records.into()])?;
    let got = first.take(taken * RECORD + BEGINNING, PATIENCE)?;
    mark!("1. it gets {} records and the beginning of another", got.records.len());
    until(&mut program, PATIENCE, |program| Ok(sleeps(program)?.is_some()))?;
    mark!("1. it goes");
    drop(first);

    until(&mut program, PATIENCE, |program| Ok(sleeps(program)?.is_some()))?;
    if program.try_wait()?.is_some() {
        mark!("2. the program has ended");
    } else if let Some(call) = sleeps(&program)? {
        mark!("2. the program waits in {}", call);
    } else {
        mark!("2. the program does not wait");
    }

    mark!("3. the next reader comes");
    let got = Reader::open(PIPE)?.take(usize::MAX, PATIENCE)?;
    if got.too_short {
        mark!("3. it gets a line that is shorter than a record");
    }
    if got.too_long {
        mark!("3. it gets a line that is longer than a record");
    }
    let wanted: Vec<usize> = (taken + 1..=all).collect();
    match wanted.iter().find(|number| !got.records.contains(number)) {
        Some(&missing) => mark!("3. it does not get record {}", missing),
        None if got.records == wanted && !got.too_short && !got.too_long => {
            mark!("3. it gets all other records, and nothing else");
        }
        None => mark!("3. it gets all other records"),
    }

    until(&mut program, PATIENCE, |_| Ok(false))?;
    let status = match program.try_wait()? {
        Some(status) => status,
        None => {
            mark!("4. the program does not end");
            program.kill()?;
            program.wait()?
        }
    };
    match (status.code(), status.signal()) {
        (None, Some(libc::SIGPIPE)) => mark!("4. SIGPIPE has killed the program"),
        (None, signal) => {
            mark!("4. signal {} has killed the program", signal.unwrap_or_default());
        }
        (Some(code), _) => mark!("4. the program has exited with {}", code),
    }
    Ok(())
}

/// The system call that the program waits in, if it is one that waits for a reader.
fn sleeps(program: &Child) -> io::Result<Option<&'static str>> {
    let call = system_call(program)?.unwrap_or_default();
    Ok(match call.split(' ').next() {
        Some("1") => Some("write"),
        Some("2" | "257") => Some("open"),
        _ => None,
    })
}
