//! Writes a byte to each of several pipes, some of which have no reader.
//!
//! Usage: main PIPES BROKEN
//!
//! The readers of the first BROKEN pipes are gone. The program prints how many
//! those are, as far as `write_to_each` knows.

use std::os::fd::OwnedFd;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::pipe;

@part@fn main() -> Result<()> {
    let numbers: std::result::Result<Vec<usize>, _> =
        std::env::args().skip(1).map(|number| number.parse()).collect();
    let [pipes, broken] = numbers?[..] else { return Err("usage: main PIPES BROKEN".into()) };

    // Rust has its programs begin with SIGPIPE ignored. Others begin like this.
    // SAFETY: there is no handler that could do wrong.
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
