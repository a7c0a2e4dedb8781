//! Asks of `kmods/mapped_ring` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`. It runs where that
//! runs: as root, with edu on the bus and the module not loaded.

mod requests;
mod mappings;
mod module;

use std::io;

use bad_input::{load, remove};
use mapped_ring::{MODULE, MODULE_FILE};

fn main() -> io::Result<()> {
    marker::open_trace();
    module::parameters_that_are_none()?;
    // The wire, and then the message.
    for params in [c"msi=0", c"msi=1"] {
        load(MODULE_FILE, params)?;
        requests::run()?;
        mappings::run()?;
        module::run(params)?;
        remove(MODULE)?;
    }
    println!("every refusal was the right one");
    Ok(())
}
