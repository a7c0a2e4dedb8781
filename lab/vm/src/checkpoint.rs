//! A checkpoint: the machine, saved right after PID 1 has set everything up and stopped
//! the machine.
//!
//! The guest chooses the instruction at which it stops, so the host's timing does not
//! affect the saved state.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use qapi::qmp;

use super::command::{self, Files, Start};
use super::memory::Memory;
use super::monitor::{Monitor, MonitorError};
use super::qemu::Qemu;
use super::{Parts, VmError};

/// The file in a checkpoint's cache entry.
pub const STATE_FILE: &str = "machine.state";

/// How long a boot may take on the host. A boot takes 1.3 s, and many times that on a
/// loaded host.
const LIMIT: Duration = Duration::from_secs(120);

/// The command line of the machine that is saved, with names for its files.
pub fn command_line(parts: Parts<'_>) -> Vec<String> {
    let flags = command::saved(parts.accel, parts.room, Start::Save, &Files::named());
    flags.into_iter().flat_map(|flag| flag.words).collect()
}

/// Boots a machine and saves it into `folder` when it has stopped itself.
pub fn save(parts: Parts<'_>, folder: &Path) -> Result<(), VmError> {
    let log = Memory::new("log", 0).map_err(VmError::Memory)?;
    let path = folder.join(STATE_FILE);
    // Opened for writing only, because QEMU refuses a descriptor with any other access
    // mode.
    let state = std::fs::File::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|source| VmError::State { path: path.clone(), source })?;
    let mut qemu = Qemu::new(&log)?;
    let files = Files {
        kernel: parts.kernel.display().to_string(),
        initramfs: parts.initramfs.display().to_string(),
        log: qemu.path_of(log.as_fd()),
        monitor: qemu.monitor(),
        ..Files::named()
    };
    let mut qemu = qemu.start(&command::saved(parts.accel, parts.room, Start::Save, &files))?;
    let ready = Monitor::connect(qemu.take_socket(), Instant::now() + LIMIT, None)
        .and_then(|mut monitor| wait_until_ready(&mut monitor).map(|()| monitor));
    let mut monitor = match ready {
        Ok(monitor) => monitor,
        Err(error) => return qemu.settle(Err(error), LIMIT).map(drop),
    };
    match save_into(&mut monitor, &state) {
        // QEMU was told to quit, so its status does not matter.
        Ok(()) => Ok(()),
        Err(MonitorError::Interrupted) => {
            qemu.settle(Err(MonitorError::Interrupted), LIMIT).map(drop)
        }
        // The machine runs, but this QEMU cannot save it.
        Err(error) => Err(VmError::Save { message: qemu.reason(error, LIMIT) }),
    }
}

/// Waits until PID 1 has stopped the machine.
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
        // QEMU may be gone before it has sent its answer.
        Ok(_) | Err(MonitorError::Closed) => Ok(()),
        Err(error) => Err(error),
    }
}
