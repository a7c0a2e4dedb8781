//! Asks of `kmods/poll_select` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`, which runs
//! it at its end. It runs where that runs: as root, with the module loaded.

mod requests;
mod sleepers;
mod module;

mod events;

use std::io;

use bad_input::{load, remove};
use poll_select::{MODULE, MODULE_FILE};

fn main() -> io::Result<()> {
    // The wire, as it was loaded, and then the message.
    each_refusal()?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    each_refusal()?;
    remove(MODULE)?;
    module::parameters_that_are_none()?;
    // As it was.
    load(MODULE_FILE, c"")?;
    println!("19. bad input: every refusal was the right one");
    Ok(())
}

fn each_refusal() -> io::Result<()> {
    requests::run()?;
    sleepers::run()?;
    module::run()
}
