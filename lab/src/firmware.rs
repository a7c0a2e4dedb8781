//! The firmware that QEMU loads into the machine.

use std::path::Path;

use builder::cache::{Cache, CacheError};
use builder::host::told;
use builder::host::toolchain::none;
use host::{QEMU, on_path};

/// QEMU's files that the guest executes: the firmware, which comes from another package,
/// and the option ROMs that start a kernel.
const FIRMWARE: &[&str] = &["bios-256k.bin", "pvh.bin", "linuxboot_dma.bin", "kvmvapic.bin"];

/// The firmware's files, each with the hash of its content.
///
/// # Errors
/// An existing file cannot be read.
pub fn firmware(cache: &Cache) -> Result<Vec<(&'static str, String)>, CacheError> {
    // The folders where QEMU looks, in its order.
    let folders = match on_path(QEMU) {
        Some(qemu) => told(cache, &qemu, &["-L", "help"])?,
        None => String::new(),
    };
    let held = |name: &&'static str| {
        let mut files = folders.lines().map(|folder| Path::new(folder).join(name));
        let hash = match files.find(|file| file.is_file()) {
            Some(file) => cache.sha256(&file)?,
            None => none(),
        };
        Ok((*name, hash))
    };
    FIRMWARE.iter().map(held).collect()
}
