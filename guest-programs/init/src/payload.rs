//! The payload: a tar archive in the memory of an ivshmem device.

use std::fs::{self, Permissions};
use std::io::{self, Cursor};
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::slice;

use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use protocol::session::ROOT_FOLDER;
use protocol::{JOB_FILE, Job, PAYLOAD_SLOT};

/// Unpacks the payload below `folder`, what of it belongs below `/` there, and
/// returns the job in it.
pub fn unpack(folder: &str) -> Result<Job, String> {
    let bytes = map_device(PAYLOAD_SLOT)?;
    let bytes: &[u8] = bytes;
    unpack_files(bytes, Path::new(folder))
        .map_err(|e| format!("failed to unpack the payload into `{folder}`: {e}"))?;
    let path = format!("{folder}/{JOB_FILE}");
    let json = fs::read(&path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    // The nonce in it is for PID 1 alone.
    fs::remove_file(&path).map_err(|e| format!("failed to remove `{path}`: {e}"))?;
    serde_json::from_slice(&json).map_err(|e| format!("failed to parse `{path}`: {e}"))
}

/// Each file goes from the device's memory to its place in one write(2): a
/// megabyte copied in small pieces, and twice, would be a tenth of a lesson.
fn unpack_files(bytes: &[u8], folder: &Path) -> io::Result<()> {
    for entry in tar::Archive::new(Cursor::new(bytes)).entries_with_seek()? {
        let mut entry = entry?;
        let path = place(folder, &entry.path()?);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if !entry.header().entry_type().is_file() {
            // A link: there is nothing to copy.
            entry.unpack(&path)?;
            continue;
        }
        let start = entry.raw_file_position() as usize;
        fs::write(&path, &bytes[start..start + entry.size() as usize])?;
        fs::set_permissions(&path, Permissions::from_mode(entry.header().mode()?))?;
    }
    Ok(())
}

/// Where a file of the payload belongs.
fn place(folder: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(ROOT_FOLDER) {
        Ok(below) => Path::new("/").join(below),
        Err(_) => folder.join(path),
    }
}

/// The memory of the ivshmem device in a PCI slot: its BAR 2, which needs no
/// driver, only sysfs.
pub fn map_device(slot: &str) -> Result<&'static mut [u8], String> {
    let device = format!("/sys/bus/pci/devices/{slot}");
    // Without a driver to do so, memory decoding has to be switched on by hand.
    let enable = format!("{device}/enable");
    fs::write(&enable, "1").map_err(|e| format!("failed to write `{enable}`: {e}"))?;
    let path = format!("{device}/resource2");
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|e| format!("failed to open `{path}`: {e}"))?;
    let len = file.metadata().map_err(|e| format!("failed to measure `{path}`: {e}"))?.len();
    let len = NonZero::new(len as usize).ok_or_else(|| format!("`{path}` is empty"))?;
    // SAFETY: a fresh mapping, which nobody unmaps; each device is mapped once
    // and the host does not touch its file while the machine runs.
    unsafe {
        let start = mmap(
            None,
            len,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_SHARED,
            file.as_fd(),
            0,
        )
        .map_err(|e| format!("failed to map `{path}`: {e}"))?;
        Ok(slice::from_raw_parts_mut(start.cast().as_ptr(), len.get()))
    }
}
