//! Unpacks archives that strangers made: a class as a learning platform gives it, or what
//! one student handed in.
//!
//! An archive is unpacked only inside its folder. Links, devices and the like are left
//! out and named. What an archive takes is bounded: see [`Limits`].

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use crate::exercise::submission::MAX_LEN;
use crate::metered::Metered;

/// The kinds of archives that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Zip,
    Tar,
    /// A tar that gzip compressed.
    TarGz,
}

impl Form {
    /// The kind that the end of a file's name says. `None` for any other file.
    pub fn of(name: &str) -> Option<Form> {
        const ENDS: [(&str, Form); 4] = [
            (".zip", Form::Zip),
            (".tar", Form::Tar),
            (".tar.gz", Form::TarGz),
            (".tgz", Form::TarGz),
        ];
        let name = name.to_lowercase();
        ENDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, form)| *form)
    }

    /// A file's name without the end that says the kind.
    pub fn stem(name: &str) -> &str {
        let end = match Form::of(name) {
            Some(Form::TarGz) if name.to_lowercase().ends_with(".tar.gz") => ".tar.gz".len(),
            Some(_) => ".zip".len(),
            None => 0,
        };
        &name[..name.len() - end]
    }
}

/// What an archive may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All its files together, in bytes, whatever its own length.
    pub bytes: u64,
    /// Files and folders.
    pub entries: usize,
    /// Whether archives inside it are wanted whole.
    pub archives: bool,
}

/// For an archive of a class.
pub const CLASS: Limits = Limits { bytes: 1 << 30, entries: 100_000, archives: true };

/// For an archive of one student.
pub const STUDENT: Limits = Limits { bytes: 64 << 20, entries: 5_000, archives: false };

/// What any archive may unpack to, in bytes.
const FREE: u64 = 16 << 20;

/// How many times its own length an archive may unpack to beyond that. Source texts are
/// compressed to a fifth, and a class of nearly equal files to a hundredth.
const RATIO: u64 = 200;

/// How deep folders may be.
const DEEPEST: usize = 32;

/// Why an archive was not unpacked.
#[derive(Debug)]
pub enum UnpackError {
    /// The archive's fault.
    Refused(String),
    /// The host's fault.
    Host(io::Error),
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnpackError::Refused(reason) => f.write_str(reason),
            UnpackError::Host(error) => error.fmt(f),
        }
    }
}

/// Unpacks an archive of `len` bytes into an empty folder. Returns the names of what was
/// left out, because it is neither a file nor a folder.
///
/// Of a file that is longer than a submission may be, only the beginning is unpacked, if
/// it is not an archive that is wanted.
pub fn unpack(
    archive: impl Read + Seek,
    len: u64,
    form: Form,
    folder: &Path,
    limits: Limits,
) -> Result<Vec<String>, UnpackError> {
    let bytes = limits.bytes.min(FREE.max(len.saturating_mul(RATIO)));
    let target = Target { folder, limits, entries: 0, left_out: Vec::new() };
    match form {
        Form::Zip => unzip(archive, target, bytes),
        Form::Tar => untar(archive, target, bytes),
        Form::TarGz => untar(MultiGzDecoder::new(io::BufReader::new(archive)), target, bytes),
    }
}

fn unzip(
    archive: impl Read + Seek,
    mut target: Target<'_>,
    bytes: u64,
) -> Result<Vec<String>, UnpackError> {
    let mut archive = ZipArchive::new(io::BufReader::new(archive)).map_err(refused)?;
    let mut left = bytes;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(refused)?;
        // Some programs on Windows write backslashes.
        let path = target.path(Path::new(&entry.name().map_err(refused)?.replace('\\', "/")))?;
        // Zips that no Unix made say nothing about the kind of a file.
        let kind = entry.unix_mode().map_or(0, |mode| mode & 0o170_000);
        if entry.is_dir() {
            target.folder(&path)?;
        } else if matches!(kind, 0 | 0o100_000) {
            let mut entry = Metered { inner: entry, left, bytes };
            target.file(&path, &mut entry)?;
            left = entry.left;
        } else {
            target.leave_out(&path);
        }
    }
    Ok(target.left_out)
}

fn untar(
    archive: impl Read,
    mut target: Target<'_>,
    bytes: u64,
) -> Result<Vec<String>, UnpackError> {
    let mut archive = tar::Archive::new(Metered { inner: archive, left: bytes, bytes });
    for entry in archive.entries().map_err(refused)? {
        let mut entry = entry.map_err(refused)?;
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let path = target.path(&entry.path().map_err(refused)?)?;
        match kind {
            EntryType::Directory => target.folder(&path)?,
            EntryType::Regular => target.file(&path, &mut entry)?,
            _ => target.leave_out(&path),
        }
    }
    Ok(target.left_out)
}

fn refused(error: impl fmt::Display) -> UnpackError {
    UnpackError::Refused(error.to_string())
}

/// The folder that an archive goes into.
struct Target<'a> {
    folder: &'a Path,
    limits: Limits,
    /// How many entries there were.
    entries: usize,
    left_out: Vec<String>,
}

impl Target<'_> {
    /// The place of one more entry, relative to the folder.
    fn path(&mut self, name: &Path) -> Result<PathBuf, UnpackError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            let most = self.limits.entries;
            return Err(refused(format_args!("it has more than {most} files and folders")));
        }
        let inside =
            |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        let parts: Vec<Component<'_>> = name.components().collect();
        if !parts.iter().all(inside) {
            return Err(refused(format_args!("its `{}` leads out of it", name.display())));
        }
        if parts.len() > DEEPEST {
            return Err(refused("its folders are too deep"));
        }
        Ok(parts.iter().filter(|part| matches!(part, Component::Normal(_))).collect())
    }

    fn folder(&self, path: &Path) -> Result<(), UnpackError> {
        fs::create_dir_all(self.folder.join(path)).map_err(|error| blamed(path, error))
    }

    fn file(&self, path: &Path, text: &mut impl Read) -> Result<(), UnpackError> {
        let failed = |error| blamed(path, error);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let whole = self.limits.archives && Form::of(&name).is_some();
        let most = if whole { u64::MAX } else { MAX_LEN + 1 };
        self.folder(path.parent().unwrap_or(Path::new("")))?;
        let mut file = File::create_new(self.folder.join(path)).map_err(failed)?;
        let mut text = text.take(most);
        let mut part = vec![0; 64 << 10];
        loop {
            match text.read(&mut part) {
                Ok(0) => return Ok(()),
                Ok(len) => file.write_all(&part[..len]).map_err(failed)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(refused(error)),
            }
        }
    }

    fn leave_out(&mut self, path: &Path) {
        self.left_out.push(path.display().to_string());
    }
}

/// An error in making a file, which is the archive's fault if its names do not fit
/// together.
fn blamed(path: &Path, error: io::Error) -> UnpackError {
    match error.kind() {
        ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => {
            refused(format_args!("its `{}` cannot be unpacked: {error}", path.display()))
        }
        _ => UnpackError::Host(error),
    }
}

#[cfg(test)]
mod tests;
