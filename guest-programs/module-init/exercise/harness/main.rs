//! Loads the student's `lab_module_init`: once so that all goes well, then with
//! each of its steps failing, and looks what is left of it each time.
//!
//! Usage: harness ERRNO

use std::ffi::CString;
use std::path::Path;
use std::{fs, io};

use marker::mark;
use module_init::{NAME, STEPS};
use student::module;

fn main() -> io::Result<()> {
    marker::open_trace();
    let error: u32 = std::env::args()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other("usage: harness ERRNO"))?;
    let mut goes_on = goes_well()?;
    let mut steps = 1..=STEPS;
    while goes_on && let Some(step) = steps.next() {
        goes_on = fails(step, error)?;
    }
    module::mark_reports()
}

/// No step fails. The error of finit_module is in the trace.
fn goes_well() -> io::Result<bool> {
    mark!("0. no step fails");
    if module::load(NAME, c"").is_err() {
        mark!("0. over: it is not loaded");
        return Ok(false);
    }
    let there = found()?;
    if there.len() < PLACES.len() {
        // Its exit would undo it a second time.
        mark!("0. loaded, but found only in: {}", list(&there));
        return Ok(false);
    }
    mark!("0. loaded, and found everywhere");
    if module::remove(c"lab_module_init").is_err() {
        return Ok(false);
    }
    look(0)
}

/// A step fails. Returns whether the harness can go on.
fn fails(step: u32, error: u32) -> io::Result<bool> {
    mark!("{}. step {} fails", step, step);
    let params = CString::new(format!("fail_at={step} error={error}")).map_err(io::Error::other)?;
    if module::load(NAME, &params).is_ok() {
        // Nobody knows what its exit would do now.
        mark!("{}. over: and yet it is loaded", step);
        return Ok(false);
    }
    look(step)
}

/// Looks what is left of the module. The kernel has one driver and one class of a name,
/// so one that is left makes the next init fail by itself: then it returns false.
fn look(step: u32) -> io::Result<bool> {
    let left = found()?;
    match left.as_slice() {
        [] => mark!("{}. over: nothing is left to be seen", step),
        _ => mark!("{}. over: left in {}", step, list(&left)),
    }
    Ok(!left.contains(&DRIVERS) && !left.contains(&CLASSES))
}

/// Where user space finds a part of the module.
const PLACES: [&str; 4] = [DRIVERS, NUMBERS, CLASSES, "/dev"];
const DRIVERS: &str = "/sys/bus/pci/drivers";
const NUMBERS: &str = "/proc/devices";
const CLASSES: &str = "/sys/class";

/// The places where it is just now.
fn found() -> io::Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for place in PLACES {
        let there = match place {
            NUMBERS => fs::read_to_string(place)?.contains(NAME),
            folder => Path::new(folder).join(NAME).exists(),
        };
        if there {
            found.push(place);
        }
    }
    Ok(found)
}

fn list(places: &[&str]) -> String {
    if places.is_empty() { "no place".to_owned() } else { places.join(", ") }
}
