//! More interrupts come than signals may be pending.

use std::io;

use bad_input::take;
use marker::mark;
use nix::libc::c_int;
use nix::sys::resource::{Resource, setrlimit};
use student::edu::Edu;

use crate::{interrupt, told};

/// How many signals may be pending.
const ROOM: u64 = 2;
/// How many are lost.
const LOST: u32 = 3;

/// The next signal that arrives shows by its value how many are missing.
pub fn some_are_lost(edu: &Edu, signal: c_int) -> io::Result<()> {
    setrlimit(Resource::RLIMIT_SIGPENDING, ROOM, ROOM)?;
    interrupt(edu, ROOM as u32 + LOST)?;
    let first = take(signal)?;
    mark!("2. first: {}", told(first));
    let mut more = 0;
    while take(signal)?.is_some() {
        more += 1;
    }
    mark!("2. and {} more", more);
    interrupt(edu, 1)?;
    match (first, take(signal)?) {
        (Some(first), Some(last)) => mark!("2. the next is {} further", last.wrapping_sub(first)),
        (_, last) => mark!("2. the next: {}", told(last)),
    }
    Ok(())
}
