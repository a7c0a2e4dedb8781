//! Where the kernel's source comes from.
//!
//! In this order: a path that a person gives, the cache, Debian's package,
//! kernel.org's tarball. An unpacked source is an entry of the cache like any
//! other: it is there whole or not at all, and is never written to.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{KernelError, archive, debian, kernel_org};
use crate::cache::{Cache, Key, KeyBuilder, Listing};
use crate::progress::{Event, Progress};

/// An unpacked source of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder with the kernel's `Makefile`.
    pub dir: PathBuf,
    /// As its `Makefile` tells, such as `6.12.117`.
    pub version: String,
    /// Where it came from, in words.
    pub origin: String,
    /// What stands for its content in a key.
    pub identity: String,
}

/// An archive that was downloaded.
pub struct Fetched {
    pub archive: PathBuf,
    /// What its sha256 has to be, if nobody has checked it yet.
    pub sha256: Option<&'static str>,
    pub origin: String,
    pub identity: String,
}

/// What an entry of the cache says of itself.
#[derive(Serialize, Deserialize)]
struct Record {
    version: String,
    origin: String,
    identity: String,
}

/// The record's file name.
const RECORD: &str = ".upcall-source";
/// The kind of the cache's entries.
const KIND: &str = "kernel-source";
/// Inside an entry while it is being filled.
const SCRATCH: &str = ".upcall-scratch";
/// The line of releases that the lessons are about.
const LINE: &str = "6.12.";

/// The source if it can be had without unpacking or downloading.
pub fn find(cache: &Cache, user: Option<&Path>) -> Result<Option<Source>, KernelError> {
    match Wanted::new(user)? {
        Wanted::Folder(path) => folder(path).map(Some),
        Wanted::Archive(_, key) | Wanted::Default(key) => {
            cache.find(KIND, &key).map(Source::read).transpose()
        }
    }
}

/// The source, downloaded and unpacked if need be.
pub fn get(
    cache: &Cache,
    user: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Source, KernelError> {
    let entry = |key: &Key, fill: &dyn Fn(&Path) -> Result<(), KernelError>| {
        let entry = cache.entry_listing(KIND, key, Listing::Top, progress, |entry| {
            progress.event(Event::Begin { stage: "kernel source", total: None });
            let filled = in_scratch(entry, || fill(entry));
            progress.event(Event::End);
            filled
        })?;
        Source::read(entry)
    };
    let source = match Wanted::new(user)? {
        Wanted::Folder(path) => folder(path)?,
        Wanted::Archive(path, key) => entry(&key, &|entry| from_archive(path, entry, progress))?,
        Wanted::Default(key) => entry(&key, &|entry| from_download(entry, progress))?,
    };
    if user.is_some() && !source.version.starts_with(LINE) {
        progress.note(&format!(
            "the lessons are about Linux {LINE}y, and this is {}: they may not hold",
            source.version
        ));
    }
    Ok(source)
}

/// What was asked for, and under which key the cache would have it.
enum Wanted<'a> {
    Folder(&'a Path),
    Archive(&'a Path, Key),
    Default(Key),
}

impl Wanted<'_> {
    fn new(user: Option<&Path>) -> Result<Wanted<'_>, KernelError> {
        let key = Key::builder(KIND);
        let Some(path) = user else {
            let key = key.text("debian", debian::VERSION).text("kernel.org", kernel_org::SHA256);
            return Ok(Wanted::Default(key.finish()));
        };
        let failed = |source| KernelError::ReadSource { path: path.to_owned(), source };
        let meta = fs::metadata(path).map_err(failed)?;
        if meta.is_dir() {
            return Ok(Wanted::Folder(path));
        }
        // Hashing 150 MB at each run would cost more than the run.
        let whole = path.canonicalize().map_err(failed)?;
        let key = key.bytes("path", whole.as_os_str().as_encoded_bytes());
        Ok(Wanted::Archive(path, stamp(key, &meta).finish()))
    }
}

impl Source {
    /// Reads an entry of the cache.
    fn read(dir: PathBuf) -> Result<Source, KernelError> {
        let path = dir.join(RECORD);
        let record: Record = fs::read_to_string(&path)
            .and_then(|text| toml::from_str(&text).map_err(std::io::Error::other))
            .map_err(|source| KernelError::ReadSource { path, source })?;
        let Record { version, origin, identity } = record;
        Ok(Source { dir, version, origin, identity })
    }
}

/// A person's own folder, used where it lies.
fn folder(path: &Path) -> Result<Source, KernelError> {
    let failed = |source| KernelError::ReadSource { path: path.to_owned(), source };
    let dir = path.canonicalize().map_err(failed)?;
    let version = version(&dir)?;
    // Every file's size and time: a change anywhere means another kernel.
    let identity = stamp_tree(Key::builder("folder"), &dir).map_err(failed)?.finish().to_string();
    let origin = format!("`{}`", path.display());
    Ok(Source { dir, version, origin, identity })
}

/// Runs something while there is a scratch folder in an entry.
fn in_scratch(
    entry: &Path,
    fill: impl FnOnce() -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    let scratch = entry.join(SCRATCH);
    let failed = |verb| {
        let path = scratch.clone();
        move |source| KernelError::File { verb, path, source }
    };
    fs::create_dir_all(&scratch).map_err(failed("create"))?;
    fill()?;
    fs::remove_dir_all(&scratch).map_err(failed("remove"))
}

fn from_archive(path: &Path, entry: &Path, progress: &dyn Progress) -> Result<(), KernelError> {
    let expected = archive::expected(path)?;
    progress.event(Event::Step { done: 0, detail: "checking" });
    archive::check(path, &expected)?;
    let origin = format!("`{}`", path.display());
    fill(path, entry, origin, format!("sha256 {expected}"), progress)
}

fn from_download(entry: &Path, progress: &dyn Progress) -> Result<(), KernelError> {
    let scratch = entry.join(SCRATCH);
    let fetched = debian::fetch(&scratch, progress).or_else(|debian| {
        kernel_org::fetch(&scratch, progress)
            .map_err(|kernel_org| KernelError::NoSource { reasons: vec![debian, kernel_org] })
    })?;
    if let Some(expected) = fetched.sha256 {
        archive::check(&fetched.archive, expected)?;
    }
    fill(&fetched.archive, entry, fetched.origin, fetched.identity, progress)
}

/// Unpacks a checked archive into an entry and records what it is.
fn fill(
    archive: &Path,
    entry: &Path,
    origin: String,
    identity: String,
    progress: &dyn Progress,
) -> Result<(), KernelError> {
    progress.event(Event::Step { done: 0, detail: "unpacking, 1.5 GB" });
    archive::unpack(archive, entry, &entry.join(SCRATCH))?;
    let record = Record { version: version(entry)?, origin, identity };
    let text = toml::to_string(&record).expect("three strings are valid TOML");
    let path = entry.join(RECORD);
    fs::write(&path, text).map_err(|source| KernelError::File { verb: "write", path, source })
}

/// The version of the kernel in a folder, from the first lines of its
/// `Makefile`.
fn version(folder: &Path) -> Result<String, KernelError> {
    let path = folder.join("Makefile");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(KernelError::ReadSource { path, source }),
    };
    let value = |name: &str| {
        text.lines().find_map(|line| {
            Some(line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim().to_owned())
        })
    };
    let number = |name| value(name).filter(|value| !value.is_empty());
    match (number("VERSION"), number("PATCHLEVEL"), number("SUBLEVEL")) {
        (Some(version), Some(patchlevel), Some(sublevel)) => {
            let extra = value("EXTRAVERSION").unwrap_or_default();
            Ok(format!("{version}.{patchlevel}.{sublevel}{extra}"))
        }
        _ => Err(KernelError::NotSource {
            path: folder.to_owned(),
            reason: "it has no `Makefile` with a kernel's version",
        }),
    }
}

fn stamp(key: KeyBuilder, meta: &fs::Metadata) -> KeyBuilder {
    let numbers = [meta.size().cast_signed(), meta.mtime(), meta.mtime_nsec()];
    key.bytes("stamp", numbers.map(i64::to_le_bytes).as_flattened())
}

fn stamp_tree(mut key: KeyBuilder, folder: &Path) -> std::io::Result<KeyBuilder> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        key = key.bytes("name", entry.file_name().as_encoded_bytes());
        if !entry.file_type()?.is_dir() {
            key = stamp(key, &entry.metadata()?);
        } else if entry.file_name() != ".git" {
            key = stamp_tree(key, &entry.path())?;
        }
    }
    Ok(key)
}

#[cfg(test)]
mod tests;
