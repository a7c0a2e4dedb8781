//! Asks of `kmods/transports` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

mod choices;
mod targets;
mod reads;
mod device;
mod calls;

use std::io;

use transports::load;

use crate::choices::{bad_choices, bad_pointers_and_counts, choosing_twice};
use crate::device::{
    by_the_wire_and_by_a_message, only_root_may, removing_the_module, the_device_goes,
};
use crate::reads::bad_reads;
use crate::targets::{a_process_that_is_gone, an_eventfd_that_is_closed, nothing_is_held};

fn main() -> io::Result<()> {
    marker::open_trace();
    load()?;
    bad_choices()?;
    bad_pointers_and_counts()?;
    choosing_twice()?;
    an_eventfd_that_is_closed()?;
    a_process_that_is_gone()?;
    nothing_is_held()?;
    bad_reads()?;
    the_device_goes()?;
    only_root_may()?;
    removing_the_module()?;
    by_the_wire_and_by_a_message()?;
    println!("every refusal was the right one");
    Ok(())
}
