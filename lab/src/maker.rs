//! What made a run: the lab, the guest's kernel and the emulator.

use builder::host::version_line;
use host::QEMU;

use crate::run::{Lab, Machine};

/// The version of the lab.
pub const LAB: &str = env!("CARGO_PKG_VERSION");

/// What made a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The version of the lab.
    pub lab: String,
    /// The release of the machine's kernel.
    pub kernel: String,
    /// The first line of QEMU's version output.
    pub qemu: String,
}

impl Maker {
    /// This lab and its machine on this host.
    pub fn here(lab: &Lab<'_>, machine: &Machine) -> Maker {
        Maker {
            lab: LAB.to_owned(),
            kernel: machine.kernel.release.clone(),
            qemu: version_line(&lab.cache, QEMU).unwrap_or_default(),
        }
    }
}
