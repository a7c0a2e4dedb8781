//! Writes records into a named pipe, for whoever reads there. Then it becomes another
//! program.
//!
//! Usage: main PIPE RECORDS
//!
//! It begins as a program in C does (`no_main`): Rust's runtime, which ignores SIGPIPE
//! before `fn main`, has no part in it.

#![no_main]

use std::error::Error;
use std::ffi::c_int;
use std::fs::File;
// region: imports
use std::io::{ErrorKind, Write};
// endregion

// region: signals
use nix::sys::signal::{SigHandler, Signal, signal};
// endregion
use nix::unistd::{execv, pipe, write};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The length of a record, bytes: more than a pipe has room for.
const RECORD: usize = 70_000;

// region: handler
// endregion
/// Called once, before anything else.
fn begin() -> Result<()> {
    // region: begin
    // region: solution
    // What is ignored cannot kill: the write's result is left, and says the same.
    // endregion
    // SAFETY: no function of this program runs.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn)? };
    // endregion
    Ok(())
}

/// A named pipe, and its end to write to, if that is open.
struct Log {
    path: String,
    pipe: Option<File>,
}

/// Opens a named pipe to write to. This waits until somebody reads there.
fn open(path: &str) -> std::io::Result<File> {
    // region: options
    File::options().write(true).open(path)
    // endregion
}

impl Log {
    fn new(path: String) -> Log {
        Log { path, pipe: None }
    }

    /// Writes one record. Returns when all of it is in the pipe.
    fn write(&mut self, record: &[u8]) -> Result<()> {
        // region: write
        loop {
            let pipe = match &mut self.pipe {
                Some(pipe) => pipe,
                None => self.pipe.insert(open(&self.path)?),
            };
            // region: solution
            // After a short write, write_all writes the rest, and so finds that the
            // reader is gone.
            // endregion
            match pipe.write_all(record) {
                // region: solution
                // The half of a record that its reader has left is in the pipe until
                // nobody has that open. So close it first, and wait for a reader then.
                // endregion
                Err(error) if error.kind() == ErrorKind::BrokenPipe => self.pipe = None,
                result => return Ok(result?),
            }
        }
        // endregion
    }
}

/// Called once, before the program becomes another.
fn end() -> Result<()> {
    // region: end
    // region: solution
    // execve(2) puts handlers back to the default action, but leaves what is ignored.
    // endregion
    // SAFETY: no function of this program runs.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl)? };
    // endregion
    Ok(())
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    match run() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (path, records) = match (arguments.next(), arguments.next()) {
        (Some(path), Some(records)) => (path, records.parse()?),
        (Some(_), None) => return another_program(),
        _ => return Err("usage: main PIPE RECORDS".into()),
    };
    begin()?;
    let mut log = Log::new(path);
    for number in 1..=records {
        log.write(&record(number))?;
    }
    drop(log);
    end()?;
    match execv(c"/proc/self/exe", &[c"main", c"another"])? {}
}

/// A line that begins with its number.
fn record(number: u32) -> Vec<u8> {
    let mut record = format!("{number} ").into_bytes();
    record.resize(RECORD - 1, b'.');
    record.push(b'\n');
    record
}

/// What this program becomes. It does not look at what write(2) returns: SIGPIPE is to end
/// it.
fn another_program() -> Result<()> {
    let (_, writer) = pipe()?;
    for _ in 0..3 {
        let _ = write(&writer, b"y\n");
    }
    println!("nobody stops this program");
    Ok(())
}
