//! The size of the machine for a program: as large as what goes into it needs.

use std::path::Path;

use explain::{ExitStatus, Explain};
use vm::MB;
use vm::room::{Load, Room};

use super::cargo::Cargo;
use super::request::Request;
use crate::error::Error;

/// A machine that the host has no room for.
#[derive(Debug, thiserror::Error)]
#[error("{} need a machine of {}, and this host has {} MB of memory left", wanted(load), size(*need), left / MB)]
pub struct TooLarge {
    load: Load,
    /// Host memory for the machine, bytes. `None` if no machine is as large.
    need: Option<u64>,
    /// What the host has left, bytes.
    left: u64,
}

fn wanted(load: &Load) -> String {
    let files = format!("{} MB of files", load.memory.div_ceil(MB));
    match load.program {
        0 => files,
        program => format!("{files} and {} MB for the program", program.div_ceil(MB)),
    }
}

fn size(need: Option<u64>) -> String {
    need.map_or("more than a machine can have".to_owned(), |need| {
        format!("{} MB", need.div_ceil(MB))
    })
}

impl Explain for TooLarge {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Unavailable
    }

    fn hint(&self) -> Option<String> {
        Some("bring less, ask for less with --memory, or end other programs".to_owned())
    }
}

/// What a machine has to hold for a request, as far as the files' lengths tell.
pub(super) fn load<'a>(
    request: &Request,
    cargo: &Cargo,
    modules: impl Iterator<Item = &'a Path>,
) -> Result<Load, Error> {
    let mut load = Load { program: request.memory, ..Load::default() };
    cargo.weigh(&mut load)?;
    for module in modules {
        load.add(fs_err::metadata(module)?.len());
    }
    Ok(load)
}

/// The room for a load, if the host has the memory. Whether it has that of the smallest
/// machine is QEMU's to say.
pub(super) fn fitting(small: Room, load: &Load) -> Result<Room, TooLarge> {
    let room = Room::of(load, small.memory_mib);
    let left = host::memory::available().unwrap_or(u64::MAX);
    // The lab has the payload as well as QEMU.
    let need = room.map(|room| (u64::from(room.memory_mib) << 20) + 2 * load.payload);
    match room {
        Some(room) if room == small || need.is_some_and(|need| need <= left) => Ok(room),
        _ => Err(TooLarge { load: *load, need, left }),
    }
}
