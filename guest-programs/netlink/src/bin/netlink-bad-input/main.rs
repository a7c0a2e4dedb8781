//! Asks of `kmods/netlink` what no well-behaved program would. Every refusal has its
//! exact error, and none leaves anything behind.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

mod values;
mod listeners;
mod device;
mod module;

use std::io;

use netlink::open_socket;

use crate::device::{
    as_many_as_possible, by_the_wire_and_by_a_message, the_device_goes, the_device_is_busy,
};
use crate::listeners::{bad_groups, without_permission};
use crate::module::removing_the_module;
use crate::values::{bad_bytes, bad_values, loading};

fn main() -> io::Result<()> {
    marker::open_trace();
    let socket = open_socket()?;
    let family = loading(&socket)?;
    bad_values(&socket, family)?;
    bad_bytes(&socket, family)?;
    bad_groups(&socket, family)?;
    without_permission(family)?;
    as_many_as_possible(&socket, family)?;
    the_device_is_busy(&socket, family)?;
    the_device_goes(&socket, family)?;
    removing_the_module(&socket, family)?;
    by_the_wire_and_by_a_message(&socket)?;
    println!("every refusal was the right one");
    Ok(())
}
