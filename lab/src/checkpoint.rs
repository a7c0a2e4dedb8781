//! Finds the checkpoint of a machine. A saved state belongs to one QEMU with its
//! firmware, one kernel, one PID 1 and one command line. Its key is the hash of all of
//! these.

use builder::cache::{Key, stamp};
use host::{QEMU, on_path};
use vm::{Parts, checkpoint};

/// The key of the checkpoint for a machine with these parts.
///
/// QEMU is identified by its file's path, size and time of change, because asking it for
/// its version would cost a tenth of a lesson. `firmware` is the hash of the firmware's
/// files, which come from another package. The saved machine has executed the firmware
/// and contains its results.
pub fn key(parts: Parts<'_>, kernel: &Key, initramfs: &Key, firmware: &Key) -> Key {
    key_with(&qemu_identity(), parts, kernel, initramfs, firmware)
}

fn key_with(qemu: &str, parts: Parts<'_>, kernel: &Key, initramfs: &Key, firmware: &Key) -> Key {
    Key::builder("checkpoint")
        .text("qemu", qemu)
        .text("kernel", &kernel.to_string())
        .text("initramfs", &initramfs.to_string())
        .text("firmware", &firmware.to_string())
        .text("command line", &checkpoint::command_line(parts).join("\0"))
        .finish()
}

fn qemu_identity() -> String {
    on_path(QEMU).map_or(String::new(), |path| stamp(&path))
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
            key_with("7.2", parts(Accel::TCG), &one, &one, &one),
            key_with("10.0", parts(Accel::TCG), &one, &one, &one),
            key_with("7.2", parts(Accel::Kvm), &one, &one, &one),
            key_with("7.2", parts(Accel::TCG), &other, &one, &one),
            key_with("7.2", parts(Accel::TCG), &one, &other, &one),
            key_with("7.2", parts(Accel::TCG), &one, &one, &other),
            key_with(
                "7.2",
                Parts { room: Room::small(256), ..parts(Accel::TCG) },
                &one,
                &one,
                &one,
            ),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        // The payload's device is not in the saved machine.
        let room = Room { payload_bytes: 1 << 30, ..Room::small(64) };
        assert_eq!(key_with("7.2", Parts { room, ..parts(Accel::TCG) }, &one, &one, &one), keys[0]);
        // Only the content of the files matters, not their place.
        let moved = Parts { kernel: Path::new("/elsewhere"), ..parts(Accel::TCG) };
        assert_eq!(key_with("7.2", moved, &one, &one, &one), keys[0]);
    }
}
