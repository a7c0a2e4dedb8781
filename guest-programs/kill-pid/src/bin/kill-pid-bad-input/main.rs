//! Asks of `kmods/kill_pid` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where
//! that runs: as root, with edu on the bus and the module not loaded.

mod requests;
mod registration;
mod module;

use std::io;

use bad_input::{block, load, remove};
use kill_pid::{MODULE, MODULE_FILE, SIGNAL};

fn main() -> io::Result<()> {
    marker::open_trace();
    // What is sent stays pending, where it can be counted.
    block(SIGNAL)?;

    module::parameters_that_are_none()?;
    load(MODULE_FILE, c"msi=1")?;
    requests::run()?;
    registration::run()?;
    module::run()?;
    remove(MODULE)?;
    println!("every refusal was the right one");
    Ok(())
}
