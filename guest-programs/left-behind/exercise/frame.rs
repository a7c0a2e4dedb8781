//! Writes a byte to each of several pipes, some of which have no reader.
//!
//! Usage: main PIPES BROKEN
//!
//! The readers of the first BROKEN pipes are gone. The program prints the number
//! that `write_to_each` found.

use std::os::fd::OwnedFd;

// region: errno
use nix::errno::Errno;
// endregion
use nix::sys::signal::{SigHandler, Signal, signal};
// region: unistd
use nix::unistd::{pipe, write};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes a byte to each pipe; returns how many of them have no reader.
// region: signature
fn write_to_each(pipes: &[OwnedFd]) -> Result<usize> {
    // endregion
    // region: write
    // region: solution
    // The error of write says everything. The signal says the same to a program
    // that does not check errors: it ends it. If it is ignored, it is dropped,
    // and only the error is left.
    // endregion
    // region: ignore
    // SAFETY: no handler is installed.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn)? };
    // endregion
    let mut gone = 0;
    for pipe in pipes {
        // region: byte
        match write(pipe, b"x") {
            // endregion
            Ok(_) => {}
            // region: gone
            Err(Errno::EPIPE) => gone += 1,
            // endregion
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gone)
    // endregion
}

fn main() -> Result<()> {
    let numbers: std::result::Result<Vec<usize>, _> =
        std::env::args().skip(1).map(|number| number.parse()).collect();
    let [pipes, broken] = numbers?[..] else { return Err("usage: main PIPES BROKEN".into()) };

    // Rust programs start with SIGPIPE ignored. Other programs start like this.
    // SAFETY: no handler is installed.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl)? };

    let (mut readers, mut writers) = (Vec::new(), Vec::new());
    for number in 0..pipes {
        let (reader, writer) = pipe()?;
        writers.push(writer);
        if number >= broken {
            readers.push(reader);
        }
    }
    println!("{} readers are gone", write_to_each(&writers)?);
    Ok(())
}
