//! What a request would put into a machine, without starting one.

use std::fmt;

use builder::kernel::Kind;
use vm::MB;
use vm::room::{Load, Room};

use super::cargo::Cargo;
use super::{Kmod, Request, room};
use crate::error::Error;

/// The machine that a request would get, and everything in it.
#[derive(Debug)]
pub struct Plan {
    room: Room,
    load: Load,
    cargo: Cargo,
}

impl Plan {
    /// Plans a request without modules that have to be built.
    pub fn new(request: &Request) -> Result<Plan, Error> {
        let mut cargo = Cargo::new(request)?;
        cargo.add_shell()?;
        let modules = request.kmods.iter().filter_map(|kmod| match kmod {
            Kmod::File { path, .. } => Some(path.as_path()),
            Kmod::Source { .. } => None,
        });
        let load = room::load(request, &cargo, modules)?;
        let small = Room::small(Kind::Lesson.memory_mib());
        Ok(Plan { room: room::fitting(small, &load)?, load, cargo })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Room { memory_mib, payload_bytes } = self.room;
        let device = payload_bytes >> 20;
        writeln!(
            f,
            "the machine has {memory_mib} MiB of memory, and {device} MiB for the payload"
        )?;
        writeln!(f, "its files take {} MB of that:", self.load.memory.div_ceil(MB))?;
        for (guest, host) in self.cargo.files() {
            let host = host.to_string_lossy();
            match host == *guest {
                true => writeln!(f, "  {guest}")?,
                false => writeln!(f, "  {guest}, from {host}")?,
            }
        }
        for (guest, target) in self.cargo.links() {
            writeln!(f, "  {guest} -> {target}")?;
        }
        Ok(())
    }
}
