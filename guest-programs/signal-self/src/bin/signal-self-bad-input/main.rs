//! Asks of `kmods/signal_self` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where
//! that runs: as root, with edu on the bus and the module loaded.

mod requests;
mod registration;
mod module;

use std::io;

use nix::libc::SIGUSR1;

fn main() -> io::Result<()> {
    marker::open_trace();
    // What is sent stays pending, where it can be counted.
    bad_input::block(SIGUSR1)?;

    requests::run()?;
    registration::run()?;
    module::run()?;
    println!("every refusal was the right one");
    Ok(())
}
