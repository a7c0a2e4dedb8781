//! Asks of `kmods/errno` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with the module loaded.

mod requests;
mod queue;
mod owner;
mod device;

use std::io;

use crate::owner::{claims, only_root_may, removing_the_module_while_open};
use crate::queue::{a_signal_ends_a_sleep, lengths_of_all_kinds, the_queue_is_everybodys};
use crate::requests::{bad_pointers, bad_values, unknown_requests};

fn main() -> io::Result<()> {
    marker::open_trace();
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    lengths_of_all_kinds()?;
    the_queue_is_everybodys()?;
    a_signal_ends_a_sleep()?;
    claims()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    println!("every refusal was the right one");
    Ok(())
}
