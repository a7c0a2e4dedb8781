//! A core handler: reads the core of a process, and says whose it is.
//!
//! Usage: core-handler %P %s [%p]

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::parent_id;

use marker::{Arg, mark};
use nix::sys::signal::Signal;

pub fn run() -> io::Result<()> {
    let numbers: Vec<i32> = std::env::args().skip(1).flat_map(|number| number.parse()).collect();
    let [pid, signal, inside @ ..] = &numbers[..] else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let parent = fs::read_to_string(format!("/proc/{}/comm", parent_id()))?;
    mark!("handler: its parent is {}", parent.trim());
    let mut core = Vec::new();
    io::stdin().read_to_end(&mut core)?;
    if core.starts_with(b"\x7fELF") {
        mark!("handler: its input is a core");
    }
    mark!("handler: {} dies of {}", Arg::Task(*pid), Signal::try_from(*signal)?);
    // A number, and no task of that name: it is from another namespace.
    if let &[inside] = inside {
        mark!("handler: inside, its pid is {}", inside);
    }
    let comm = fs::read_to_string(format!("/proc/{pid}/comm"))?;
    mark!("handler: /proc still has it: {}", comm.trim());
    Ok(())
}
