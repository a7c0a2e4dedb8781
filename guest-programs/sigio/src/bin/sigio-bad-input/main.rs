//! Asks of `kmods/sigio` what no well-behaved program would. Every refusal has its exact
//! error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where that
//! runs: as root, with edu on the bus and the module not loaded.

mod requests;
mod queue;
mod module;

use std::io;

use bad_input::{block, load, remove};
use nix::libc::SIGIO;
use sigio::{MODULE, MODULE_FILE};

fn main() -> io::Result<()> {
    marker::open_trace();
    // What is sent stays pending, where it can be counted.
    block(SIGIO)?;

    module::parameters_that_are_none()?;
    // The wire, and then the message.
    for params in [c"msi=0", c"msi=1"] {
        load(MODULE_FILE, params)?;
        requests::run()?;
        queue::run()?;
        module::run(params)?;
        remove(MODULE)?;
    }
    println!("every refusal was the right one");
    Ok(())
}
