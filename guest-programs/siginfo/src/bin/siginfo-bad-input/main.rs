//! Asks of `kmods/siginfo` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `src/main.rs`, which runs
//! it at its end. It runs where that runs: as root, with the module loaded.

mod requests;
mod registration;
mod registrant;
mod interrupts;
mod module;

use std::io;

use bad_input::{block, load, remove};
use siginfo::{KERNEL, KILL_PID, MODULE, MODULE_FILE, QUEUE, SIGNAL};

/// Each way to send.
const SENDS: [u32; 3] = [QUEUE, KERNEL, KILL_PID];

fn main() -> io::Result<()> {
    if std::env::args().nth(1).is_some() {
        return registrant::was_executed();
    }
    // What is sent stays pending, where it can be counted.
    block(SIGNAL)?;
    // The wire, as it was loaded, and then the message.
    each_refusal()?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    each_refusal()?;
    remove(MODULE)?;
    module::parameters_that_are_none()?;
    // As it was.
    load(MODULE_FILE, c"")?;
    println!("15. bad input: every refusal was the right one");
    Ok(())
}

fn each_refusal() -> io::Result<()> {
    requests::run()?;
    registration::run()?;
    registrant::run()?;
    interrupts::run()?;
    module::run()
}
