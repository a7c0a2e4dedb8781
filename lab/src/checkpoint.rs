//! Finds the checkpoint of a machine. A saved state belongs to one QEMU with its
//! firmware, one kernel, one PID 1 and one command line. Its key is the hash of all of
//! these.

use builder::cache::{Cache, CacheError, Key};
use builder::host::toolchain::none;
use host::{QEMU, on_path};
use vm::{Parts, checkpoint};

/// The key of the checkpoint for a machine with these parts.
///
/// `qemu` is the hash of QEMU's file, so machines that have the same QEMU can share
/// checkpoints. `firmware` is the hash of the firmware's files, which come from another
/// package. The saved machine has executed the firmware and contains its results.
pub fn key(qemu: &str, parts: Parts<'_>, kernel: &Key, initramfs: &Key, firmware: &Key) -> Key {
    Key::builder("checkpoint")
        .text("qemu", qemu)
        .text("kernel", &kernel.to_string())
        .text("initramfs", &initramfs.to_string())
        .text("firmware", &firmware.to_string())
        .text("command line", &checkpoint::command_line(parts).join("\0"))
        .finish()
}

/// The hash of QEMU's file, remembered until the file changes.
///
/// # Errors
/// The file cannot be read.
pub fn qemu(cache: &Cache) -> Result<String, CacheError> {
    on_path(QEMU).map_or(Ok(none()), |path| cache.sha256(&path))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use vm::command::Accel;
    use vm::room::Room;

    #[test]
    fn a_checkpoint_belongs_to_one_qemu_kernel_init_and_machine() {
        let [one, other] = ["one", "other"].map(|text| Key::builder(text).finish());
        let parts = |accel| Parts {
            accel,
            room: Room::small(64),
            kernel: Path::new("/kernel"),
            initramfs: Path::new("/initramfs"),
        };
        let keys = [
            key("7.2", parts(Accel::TCG), &one, &one, &one),
            key("10.0", parts(Accel::TCG), &one, &one, &one),
            key("7.2", parts(Accel::Kvm), &one, &one, &one),
            key("7.2", parts(Accel::TCG), &other, &one, &one),
            key("7.2", parts(Accel::TCG), &one, &other, &one),
            key("7.2", parts(Accel::TCG), &one, &one, &other),
            key("7.2", Parts { room: Room::small(256), ..parts(Accel::TCG) }, &one, &one, &one),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        // The payload's device is not in the saved machine.
        let room = Room { payload_bytes: 1 << 30, ..Room::small(64) };
        assert_eq!(key("7.2", Parts { room, ..parts(Accel::TCG) }, &one, &one, &one), keys[0]);
        // Only the content of the files matters, not their place.
        let moved = Parts { kernel: Path::new("/elsewhere"), ..parts(Accel::TCG) };
        assert_eq!(key("7.2", moved, &one, &one, &one), keys[0]);
    }
}
