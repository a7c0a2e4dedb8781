//! What made a run: the lab, the guest's kernel and the emulator.

use builder::cache::{CacheError, KeyBuilder};
use builder::host::version_line;
use host::QEMU;

use crate::run::{Lab, Machine};

/// The version of the lab.
pub const LAB: &str = env!("CARGO_PKG_VERSION");

/// What every machine is made of: the kernel, PID 1, and the crates of programs and
/// harnesses.
const SOURCES: [&str; 8] = [
    "images",
    "kmods",
    "guest-programs/bad-input",
    "guest-programs/init",
    "guest-programs/marker",
    "guest-programs/protocol",
    "guest-programs/steps",
    "guest-programs/student",
];

/// Adds to a key what tells one lab from another: its version, and the sources of its
/// machines. Between two releases, the version alone says too little.
pub fn sources(key: KeyBuilder) -> Result<KeyBuilder, CacheError> {
    let root = builder::root();
    let key = key.text("lab", LAB);
    SOURCES.iter().try_fold(key, |key, folder| key.tree(folder, &root.join(folder)))
}

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_crate_of_guests_that_is_no_lesson_tells_labs_apart() {
        let folders = std::fs::read_dir(builder::root().join("guest-programs")).unwrap();
        let crates = folders.map(|folder| folder.unwrap()).filter(|folder| {
            let has = |name: &str| folder.path().join(name).is_file();
            has("Cargo.toml") && !has("lesson.toml")
        });
        let crates: BTreeSet<String> = crates
            .map(|folder| format!("guest-programs/{}", folder.file_name().to_string_lossy()))
            .collect();
        let known = SOURCES.iter().filter(|folder| folder.starts_with("guest-programs/"));
        assert_eq!(known.map(|&folder| folder.to_owned()).collect::<BTreeSet<_>>(), crates);
    }
}
