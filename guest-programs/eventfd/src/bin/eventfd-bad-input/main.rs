//! Asks of `kmods/eventfd` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where
//! that runs: as root, with edu on the bus and the module loaded.

mod requests;
mod registration;
mod module;

use std::io;

use bad_input::remove;
use eventfd::MODULE;

fn main() -> io::Result<()> {
    marker::open_trace();

    module::parameters_that_are_none()?;
    requests::run()?;
    registration::run()?;
    module::run()?;
    remove(MODULE)?;
    println!("every refusal was the right one");
    Ok(())
}
