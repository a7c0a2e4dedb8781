//! The payload: the input of one run, as a tar archive.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;
use protocol::{GuestFile, JOB_FILE, Job};

/// A payload under construction. The same files in the same order give the same bytes.
pub struct Payload(tar::Builder<Vec<u8>>);

/// A host file that the payload carries into the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFile {
    pub guest: GuestFile,
    pub host: PathBuf,
}

/// Why a payload could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to pack `{name}` into the payload: {source}")]
    Pack { name: String, source: std::io::Error },
}

impl Explain for PayloadError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }
}

impl Payload {
    /// Makes a payload that contains the job.
    pub fn new(job: &Job) -> Result<Payload, PayloadError> {
        let mut payload = Payload(tar::Builder::new(Vec::new()));
        let json = serde_json::to_vec(job)
            .map_err(|e| PayloadError::Pack { name: JOB_FILE.to_owned(), source: e.into() })?;
        payload.add(JOB_FILE, &json, 0o644)?;
        Ok(payload)
    }

    /// Adds a file that every user may execute.
    pub fn add_file(&mut self, file: &PayloadFile) -> Result<(), PayloadError> {
        self.add(file.guest.as_str(), &fs::read(&file.host)?, 0o755)
    }

    /// Adds a host file under a name, with its permissions on the host.
    pub fn add_copy(&mut self, name: &str, path: &Path) -> Result<(), PayloadError> {
        let mode = fs::metadata(path)?.permissions().mode();
        self.add(name, &fs::read(path)?, mode & 0o777)
    }

    /// Adds a person's file under a name, with its permissions and time on the host.
    pub fn add_own(&mut self, name: &str, path: &Path) -> Result<(), PayloadError> {
        let meta = fs::metadata(path)?;
        let header = header(meta.permissions().mode() & 0o777, meta.mtime());
        self.append(header, name, &fs::read(path)?)
    }

    /// Adds a symbolic link called `name` that points to `target`.
    pub fn add_link(&mut self, name: &str, target: &str) -> Result<(), PayloadError> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        self.0
            .append_link(&mut header, name, target)
            .map_err(|source| PayloadError::Pack { name: name.to_owned(), source })
    }

    /// Adds a folder under a name, with permissions and a time: seconds since 1970, or 0 for
    /// none. One that already exists only gets the time, which what is added later changes.
    pub fn add_folder(&mut self, name: &str, mode: u32, time: i64) -> Result<(), PayloadError> {
        let mut header = header(mode, time);
        header.set_entry_type(tar::EntryType::Directory);
        self.append(header, name, &[])
    }

    fn add(&mut self, name: &str, bytes: &[u8], mode: u32) -> Result<(), PayloadError> {
        self.append(header(mode, 0), name, bytes)
    }

    fn append(
        &mut self,
        mut header: tar::Header,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), PayloadError> {
        header.set_size(bytes.len() as u64);
        self.0
            .append_data(&mut header, name, bytes)
            .map_err(|source| PayloadError::Pack { name: name.to_owned(), source })
    }

    /// Finishes the archive and returns its bytes.
    pub fn finish(self) -> Result<Vec<u8>, PayloadError> {
        self.0
            .into_inner()
            .map_err(|source| PayloadError::Pack { name: "the end".to_owned(), source })
    }
}

/// A header without owner or name from the host.
fn header(mode: u32, time: i64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    // A tar file knows no time before 1970.
    header.set_mtime(time.try_into().unwrap_or(0));
    header
}
