//! A checkpoint: the machine, saved right after PID 1 has set everything up
//! and stopped itself.
//!
//! The guest stops at an instruction of its own choosing, so no timing of the
//! host gets into the saved state. The state belongs to one QEMU, one kernel,
//! one PID 1 and one command line; its key is the hash of the four.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use qapi::qmp;

use super::command::{self, Files, QEMU, Start};
use super::memory::Memory;
use super::monitor::{Monitor, MonitorError};
use super::qemu::Qemu;
use super::{Parts, VmError};
use crate::cache::{Key, stamp};
use crate::host::on_path;

/// The file of a checkpoint's cache entry.
pub const STATE_FILE: &str = "machine.state";

/// How long a boot may take, of the host's time. A boot takes 1.3 s; a loaded
/// machine may take many times that.
const LIMIT: Duration = Duration::from_secs(120);

/// The key of the checkpoint that a machine of these parts has.
///
/// QEMU is told apart by its file's path, size and time of change: asking it
/// for its version would cost a tenth of a lesson.
/// `firmware` stands for what the firmware's files hold, whose package is not
/// QEMU's own: the saved machine has executed it and holds what it left.
pub fn key(parts: Parts<'_>, kernel: &Key, initramfs: &Key, firmware: &Key) -> Key {
    key_with(&qemu_identity(), parts, kernel, initramfs, firmware)
}

fn key_with(qemu: &str, parts: Parts<'_>, kernel: &Key, initramfs: &Key, firmware: &Key) -> Key {
    let named = Files::named();
    let flags = command::saved(parts.accel, parts.memory_mib, Start::Save, &named);
    let words: Vec<&str> = flags.iter().flat_map(|flag| &flag.words).map(String::as_str).collect();
    Key::builder("checkpoint")
        .text("qemu", qemu)
        .text("kernel", &kernel.to_string())
        .text("initramfs", &initramfs.to_string())
        .text("firmware", &firmware.to_string())
        .text("command line", &words.join("\0"))
        .finish()
}

fn qemu_identity() -> String {
    on_path(QEMU).map_or(String::new(), |path| stamp(&path))
}

/// Boots a machine and saves it into `folder` when it has stopped itself.
pub fn save(parts: Parts<'_>, folder: &Path) -> Result<(), VmError> {
    let log = Memory::new("log", 0).map_err(VmError::Memory)?;
    let path = folder.join(STATE_FILE);
    // For writing alone: QEMU takes a descriptor only for just what it needs.
    let state = std::fs::File::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|source| VmError::State { path: path.clone(), source })?;
    let mut qemu = Qemu::new(&log);
    let files = Files {
        kernel: parts.kernel.display().to_string(),
        initramfs: parts.initramfs.display().to_string(),
        log: qemu.path_of(log.as_fd()),
        monitor: qemu.monitor(),
        ..Files::named()
    };
    let mut qemu =
        qemu.start(&command::saved(parts.accel, parts.memory_mib, Start::Save, &files))?;
    let ready = Monitor::connect(qemu.take_socket(), Instant::now() + LIMIT)
        .and_then(|mut monitor| wait_until_ready(&mut monitor).map(|()| monitor));
    let mut monitor = match ready {
        Ok(monitor) => monitor,
        Err(error) => return qemu.settle(Err(error), LIMIT).map(drop),
    };
    match save_into(&mut monitor, &state) {
        // QEMU was told to quit and does so; there is no more to know of it.
        Ok(()) => Ok(()),
        Err(MonitorError::Interrupted) => {
            qemu.settle(Err(MonitorError::Interrupted), LIMIT).map(drop)
        }
        // The machine runs, and this QEMU does not save it, however it fails.
        Err(error) => Err(VmError::Save { message: qemu.reason(error, LIMIT) }),
    }
}

/// Waits until the machine has stopped itself.
fn wait_until_ready(monitor: &mut Monitor) -> Result<(), MonitorError> {
    loop {
        match monitor.event()? {
            qmp::Event::GUEST_PANICKED { .. } => return Ok(()),
            qmp::Event::SHUTDOWN { .. } => {
                return Err(MonitorError::Failed("the machine ended before it was ready".into()));
            }
            _ => {}
        }
    }
}

fn save_into(monitor: &mut Monitor, state: &std::fs::File) -> Result<(), MonitorError> {
    monitor.announce_migration()?;
    let uri = monitor.hand_over(state.as_fd())?;
    monitor.execute(&qmp::migrate {
        uri: Some(uri),
        channels: None,
        detach: None,
        resume: None,
    })?;
    monitor.migrated()?;
    match monitor.execute(&qmp::quit {}) {
        // QEMU may be gone before its answer is on its way.
        Ok(_) | Err(MonitorError::Closed) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use command::Accel;

    #[test]
    fn a_checkpoint_belongs_to_one_qemu_kernel_init_and_machine() {
        let [one, other] = ["one", "other"].map(|text| Key::builder(text).finish());
        let parts = |accel| Parts {
            accel,
            memory_mib: 64,
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
            key_with("7.2", Parts { memory_mib: 256, ..parts(Accel::TCG) }, &one, &one, &one),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        // Where the files lie is not what they hold.
        let moved = Parts { kernel: Path::new("/elsewhere"), ..parts(Accel::TCG) };
        assert_eq!(key_with("7.2", moved, &one, &one, &one), keys[0]);
    }
}
