//! The payload: a tar archive in the memory of an ivshmem device.

use std::fs::{self, File, Permissions};
use std::io::{self, Cursor};
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::slice;
use std::time::{Duration, UNIX_EPOCH};

use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use protocol::session::ROOT_FOLDER;
use protocol::{JOB_FILE, Job, PAYLOAD_SLOT};
use tar::EntryType;

use crate::machine;

/// What the host gave: the job, and files.
pub struct Payload(&'static [u8]);

impl Payload {
    /// The payload that is in the device.
    pub fn open() -> Result<Payload, String> {
        Ok(Payload(map_device(PAYLOAD_SLOT)?))
    }

    /// The job, which comes first. Its nonce is for PID 1 alone: it stays in the
    /// device, which only root can map.
    pub fn job(&self) -> Result<Job, String> {
        let failed = |e: &dyn std::fmt::Display| format!("failed to read the job: {e}");
        let mut archive = tar::Archive::new(self.0);
        let mut entries = archive.entries().map_err(|e| failed(&e))?;
        match entries.next() {
            Some(Ok(entry)) if entry.path_bytes().as_ref() == JOB_FILE.as_bytes() => {
                serde_json::from_reader(entry).map_err(|e| failed(&e))
            }
            Some(Err(e)) => Err(failed(&e)),
            _ => Err(failed(&"the payload does not begin with it")),
        }
    }

    /// Unpacks the files below `folder`, those in [`ROOT_FOLDER`] below `/`. A file that
    /// cannot be put in its place is a reason not to start the program.
    ///
    /// Each file goes from the device's memory to its place in one write(2). Copying a
    /// megabyte twice, in small pieces, would take a tenth of a lesson's time.
    pub fn unpack(&self, folder: &str, job: &Job) -> Result<(), String> {
        let broken = |e: io::Error| format!("failed to read the payload: {e}");
        let mut archive = tar::Archive::new(Cursor::new(self.0));
        // The first is the job.
        for entry in archive.entries_with_seek().map_err(broken)?.skip(1) {
            let entry = entry.map_err(broken)?;
            let path = place(Path::new(folder), &entry.path().map_err(broken)?);
            let path = into_folder(path, job);
            self.put(entry, &path)
                .map_err(|e| format!("failed to put `{}` into the machine: {e}", path.display()))?;
        }
        Ok(())
    }

    fn put(&self, mut entry: tar::Entry<'_, Cursor<&[u8]>>, path: &Path) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mode = Permissions::from_mode(entry.header().mode()?);
        match entry.header().entry_type() {
            // A folder of the machine's own, such as /tmp, keeps its permissions.
            EntryType::Directory if path.is_dir() => {}
            EntryType::Directory => {
                fs::create_dir(path)?;
                fs::set_permissions(path, mode)?;
            }
            EntryType::Regular => {
                let start = entry.raw_file_position() as usize;
                fs::write(path, &self.0[start..start + entry.size() as usize])?;
                fs::set_permissions(path, mode)?;
            }
            // A link: there is nothing to copy.
            _ => return entry.unpack(path).map(drop),
        }
        match entry.header().mtime()? {
            // Only a person's own files have one.
            0 => Ok(()),
            time => File::open(path)?.set_modified(UNIX_EPOCH + Duration::from_secs(time)),
        }
    }
}

/// Where a file of the payload belongs.
fn place(folder: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(ROOT_FOLDER) {
        Ok(below) => Path::new("/").join(below),
        Err(_) => folder.join(path),
    }
}

/// The same path, unless a person's file is to go where a folder is: then it goes into
/// the folder under its own name, as with cp(1).
fn into_folder(path: PathBuf, job: &Job) -> PathBuf {
    let mut files = job.session.iter().flat_map(|session| &session.files);
    let named = files.find(|file| path == Path::new(&file.guest));
    match named.filter(|_| path.is_dir()) {
        Some(file) => path.join(&file.name),
        None => path,
    }
}

/// The memory of the ivshmem device in a PCI slot: its BAR 2, which needs no
/// driver, only sysfs.
pub fn map_device(slot: &str) -> Result<&'static mut [u8], String> {
    let device = format!("/sys/bus/pci/devices/{slot}");
    // Without a driver to do so, memory decoding has to be switched on by hand.
    let enable = format!("{device}/enable");
    machine::write(&enable, "1")?;
    let path = format!("{device}/resource2");
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|e| format!("failed to open `{path}`: {e}"))?;
    let len = file.metadata().map_err(|e| format!("failed to measure `{path}`: {e}"))?.len();
    let len = NonZero::new(len as usize).ok_or_else(|| format!("`{path}` is empty"))?;
    // SAFETY: a fresh mapping, which is never unmapped. A device is mapped again only
    // when the earlier mapping is no longer used, and the host does not touch its file
    // while the machine runs.
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
