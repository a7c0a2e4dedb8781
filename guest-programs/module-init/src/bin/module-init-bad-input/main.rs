//! Asks of `kmods/module_init` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

mod loading;
mod names;
mod file;

use std::io;

use crate::file::{bad_use_of_the_file, removing_the_device_while_open};
use crate::loading::{bad_descriptors, bad_images, bad_parameters, failing_again_and_again};
use crate::names::{bad_names, without_permission};

fn main() -> io::Result<()> {
    marker::open_trace();
    bad_parameters()?;
    bad_images()?;
    bad_descriptors()?;
    bad_names()?;
    without_permission()?;
    failing_again_and_again()?;
    bad_use_of_the_file()?;
    removing_the_device_while_open()?;
    println!("every refusal was the right one");
    Ok(())
}
