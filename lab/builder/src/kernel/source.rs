//! Gets the kernel's source.
//!
//! The lab tries, in this order: a path that a person gives; the cache; the sources that
//! are [pinned](super::pinned) by hash; the newest 6.12 that the distribution offers. In
//! a key, a source is represented by its content, not by its version or location. An
//! unpacked source is an ordinary entry of the cache: complete or absent, and never
//! written to.

use fs_err as fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::pinned::{PINNED, Pinned};
use super::{KernelError, archive, debian, download};
use crate::cache::{Cache, Key, Listing, sha256};
use crate::progress::{Progress, Stage};

/// An unpacked source of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder that contains the kernel's `Makefile`.
    pub dir: PathBuf,
    /// The version in its `Makefile`, such as `6.12.117`.
    pub version: String,
    /// Where it came from, in words.
    pub origin: String,
    /// The text that represents its content in a key.
    pub identity: String,
    /// Whether it is a person's own source, which may lack symbols that the lessons'
    /// kernel has.
    pub own: bool,
}

/// What an entry of the cache says about itself.
#[derive(Serialize, Deserialize)]
struct Record {
    version: String,
    origin: String,
    identity: String,
}

/// The record's file name.
pub const RECORD: &str = ".upcall-source";
/// The kind of the cache's entries.
const KIND: &str = "kernel-source";
/// A temporary folder in an entry that is being filled.
const SCRATCH: &str = ".upcall-scratch";
/// The release series that the lessons are about.
const LINE: &str = "6.12.";

/// The keys of all sources that the lab takes by itself, in its order.
pub fn keys() -> impl Iterator<Item = Key> {
    PINNED.iter().map(|pinned| key_of(pinned.sha256)).chain([key_of_distribution()])
}

/// The key of an archive in the cache, wherever the archive came from.
fn key_of(sha256: &str) -> Key {
    Key::builder(KIND).text("sha256", sha256).finish()
}

/// The key of the distribution's source in the cache. Its hash is known only after the
/// download.
fn key_of_distribution() -> Key {
    Key::builder(KIND).text("from", "the distribution").finish()
}

/// Returns the source if that needs no unpacking or downloading.
pub fn find(cache: &Cache, user: Option<&Path>) -> Result<Option<Source>, KernelError> {
    let Some(path) = user else {
        let entry = keys().find_map(|key| cache.find(KIND, &key));
        return entry.map(|entry| Source::read(entry, false)).transpose();
    };
    if is_folder(path)? {
        return folder(cache, path).map(Some);
    }
    let sha256 = cache.sha256(path)?;
    let entry = cache.find(KIND, &key_of(&sha256));
    entry.map(|entry| Source::read(entry, !is_pinned(&sha256))).transpose()
}

/// Returns the source, and downloads and unpacks it if necessary.
pub fn get(
    cache: &Cache,
    user: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Source, KernelError> {
    let source = match (find(cache, user)?, user) {
        (Some(source), _) => source,
        (None, Some(path)) => from_archive(cache, path, progress)?,
        (None, None) => from_elsewhere(cache, PINNED, progress)?,
    };
    if user.is_some() && !source.version.starts_with(LINE) {
        progress.note(&format!(
            "the lessons are about Linux {LINE}y, and this is {}: they may not hold",
            source.version
        ));
    }
    Ok(source)
}

fn is_pinned(sha256: &str) -> bool {
    PINNED.iter().any(|pinned| pinned.sha256 == sha256)
}

fn is_folder(path: &Path) -> Result<bool, KernelError> {
    let refused =
        |e: std::io::Error| KernelError::NotSource { path: path.to_owned(), reason: e.to_string() };
    Ok(path.metadata().map_err(refused)?.is_dir())
}

impl Source {
    /// Reads a cache entry.
    pub fn read(dir: PathBuf, own: bool) -> Result<Source, KernelError> {
        let path = dir.join(RECORD);
        let malformed =
            |e| std::io::Error::other(format!("failed to read `{}`: {e}", path.display()));
        let record: Record = toml::from_str(&fs::read_to_string(&path)?).map_err(malformed)?;
        let Record { version, origin, identity } = record;
        Ok(Source { dir, version, origin, identity, own })
    }
}

/// A person's own folder, used in place.
fn folder(cache: &Cache, path: &Path) -> Result<Source, KernelError> {
    let dir = fs::canonicalize(path)?;
    let version = version(&dir)?;
    let identity = format!("folder {}", cache.sha256_of_folder(&dir)?);
    let origin = format!("`{}`", path.display());
    Ok(Source { dir, version, origin, identity, own: true })
}

/// Returns a cache entry, and fills it if it does not exist.
fn entry(
    cache: &Cache,
    key: &Key,
    own: bool,
    progress: &dyn Progress,
    fill: impl FnOnce(&Path, &Stage<'_>) -> Result<(), KernelError>,
) -> Result<Source, KernelError> {
    let entry = cache.entry_listing(KIND, key, Listing::Top, progress, |entry| {
        let stage = progress.begin("kernel source", None);
        in_scratch(entry, || fill(entry, &stage))
    })?;
    Source::read(entry, own)
}

fn from_archive(
    cache: &Cache,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Source, KernelError> {
    let sha256 = cache.sha256(path)?;
    archive::check(path, &sha256)?;
    let origin = format!("`{}`", path.display());
    entry(cache, &key_of(&sha256), !is_pinned(&sha256), progress, |entry, stage| {
        fill(path, entry, origin, &sha256, stage)
    })
}

/// Gets a pinned source, or else the one that the distribution offers. Reports if it is
/// not the first pinned one.
fn from_elsewhere(
    cache: &Cache,
    pinned: &[Pinned],
    progress: &dyn Progress,
) -> Result<Source, KernelError> {
    let mut reasons = Vec::new();
    for one in pinned {
        let filled = entry(cache, &key_of(one.sha256), false, progress, |entry, stage| {
            let archive = from_urls(one, &entry.join(SCRATCH), stage)
                .map_err(|reasons| KernelError::NoSource { reasons })?;
            fill(&archive, entry, one.origin.to_owned(), one.sha256, stage)
        });
        match filled {
            Err(KernelError::NoSource { reasons: more }) => reasons.extend(more),
            Ok(source) => return Ok(said(source, pinned, &reasons, progress)),
            Err(error) => return Err(error),
        }
    }
    let source = entry(cache, &key_of_distribution(), false, progress, |entry, stage| {
        let fetched = debian::fetch(&entry.join(SCRATCH), stage).map_err(|reason| {
            let reasons = reasons.iter().cloned().chain([reason]).collect();
            KernelError::NoSource { reasons }
        })?;
        let sha256 = cache.sha256(&fetched.archive)?;
        fill(&fetched.archive, entry, fetched.origin, &sha256, stage)
    })?;
    Ok(said(source, pinned, &reasons, progress))
}

/// Reports that a source is not the one that lessons were recorded with, and why.
fn said(source: Source, pinned: &[Pinned], reasons: &[String], progress: &dyn Progress) -> Source {
    if !reasons.is_empty() {
        let (version, first) = (&source.version, pinned.first().map_or("", |p| p.release));
        progress.note(&format!(
            "taking {}: Linux {version} differs in patch level from {first}, which is not \
             available ({})",
            source.origin,
            reasons.join("; ")
        ));
    }
    source
}

/// Downloads a pinned archive into a folder and checks it. There is one error per URL,
/// which says why it failed.
fn from_urls(pinned: &Pinned, scratch: &Path, stage: &Stage<'_>) -> Result<PathBuf, Vec<String>> {
    let mut reasons = Vec::new();
    for url in pinned.urls {
        stage.at(&format!("downloading {url}, 150 MB"));
        let archive = scratch.join(url.rsplit('/').next().unwrap_or(url));
        let checked = download::download(url, &archive).and_then(|()| {
            let found = sha256(&archive).map_err(|e| format!("{url}: {e}"))?;
            match found == pinned.sha256 {
                true => Ok(()),
                false => Err(format!("{url}: its sha256 is {found}, not {}", pinned.sha256)),
            }
        });
        match checked {
            Ok(()) => return Ok(archive),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(reasons)
}

/// Runs `fill` while a scratch folder exists in the entry.
fn in_scratch(
    entry: &Path,
    fill: impl FnOnce() -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    let scratch = entry.join(SCRATCH);
    fs::create_dir_all(&scratch)?;
    fill()?;
    Ok(fs::remove_dir_all(&scratch)?)
}

/// Unpacks a checked archive into an entry and records its origin.
fn fill(
    archive: &Path,
    entry: &Path,
    origin: String,
    sha256: &str,
    stage: &Stage<'_>,
) -> Result<(), KernelError> {
    stage.at("unpacking, 1.5 GB");
    archive::unpack(archive, entry, &entry.join(SCRATCH))?;
    let identity = format!("sha256 {sha256}");
    let record = Record { version: version(entry)?, origin, identity };
    let text = toml::to_string(&record).expect("three strings are valid TOML");
    Ok(fs::write(entry.join(RECORD), text)?)
}

/// The version of the kernel in a folder, from the first lines of its `Makefile`.
fn version(folder: &Path) -> Result<String, KernelError> {
    let path = folder.join("Makefile");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e.into()),
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
            reason: "it has no `Makefile` with a kernel's version".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
