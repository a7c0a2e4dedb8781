//! Unpacks a pack: whole, with every file as its hash says, or not at all.
//!
//! An archive may come from anywhere. Its names lead nowhere but into the new folder, it
//! has only files and links between them, and what it takes is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use builder::pack::Pack;
use explain::visible;
use flate2::read::GzDecoder;
use process::{Temporary, interrupt};
use sha2::{Digest, Sha256};
use tar::{Entry, EntryType};

use super::make::with_ending;
use super::{ABOUT, FIRST, PROGRAM, PackError, SUMS, TIME};
use crate::metered::Metered;

/// What a pack may unpack to, bytes: some times of what one takes.
const BYTES: u64 = 4 << 30;
/// The maximum length of the files that are kept in memory, bytes.
const TEXT: u64 = 16 << 20;

/// A pack in its folder.
#[derive(Debug)]
pub struct Unpacked {
    pub folder: PathBuf,
    /// The archive's hash, in hexadecimal.
    pub sha256: String,
    pub about: Pack,
    pub files: usize,
}

/// The folder that a pack goes into if nobody names one: the file's name up to its first
/// dot.
pub fn default_folder(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_start_matches('.').split('.').next().unwrap_or_default();
    let is_taken = stem.is_empty() || stem == PROGRAM || stem == name;
    PathBuf::from(if is_taken { "upcall-pack" } else { stem })
}

/// Unpacks an archive into a folder that does not exist yet, or is empty.
pub fn unpack(file: &Path, folder: Option<&Path>) -> Result<Unpacked, PackError> {
    unpack_within(file, folder, BYTES)
}

fn unpack_within(file: &Path, folder: Option<&Path>, bytes: u64) -> Result<Unpacked, PackError> {
    let folder = folder.map_or_else(|| default_folder(file), Path::to_owned);
    if fs::read_dir(&folder).map_or(folder.exists(), |mut inside| inside.next().is_some()) {
        return Err(PackError::Exists { folder });
    }
    let archive = File::open(file).map_err(named("read", file))?;
    let expected = expected(file)?;
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = folder.file_name().ok_or_else(|| PackError::Exists { folder: folder.clone() })?;
    // On the same file system as the folder that it becomes.
    fs::create_dir_all(parent).map_err(named("create", parent))?;
    let sites = parent.join(format!(".{}.unfinished", name.to_string_lossy()));
    let site = Temporary::among(&sites).map_err(named("create", &sites))?;
    let result = fill(file, archive, site.path(), bytes).and_then(|(about, sha256, files)| {
        if expected.as_ref().is_some_and(|expected| *expected != sha256) {
            let sums = with_ending(file, ".sha256");
            let reason = format!("its sha256 is {sha256}, not that in `{}`", sums.display());
            return Err(PackError::Damaged { file: file.to_owned(), reason });
        }
        fs::set_permissions(site.path(), PermissionsExt::from_mode(0o755))
            .and_then(|()| fs::rename(site.path(), &folder))
            .map_err(named("create", &folder))?;
        Ok(Unpacked { folder: folder.clone(), sha256, about, files })
    });
    drop(site);
    // Another process may be unpacking there.
    let _ = fs::remove_dir(&sites);
    result
}

/// The hash in the file beside the archive, if there is one.
fn expected(file: &Path) -> Result<Option<String>, PackError> {
    let sums = with_ending(file, ".sha256");
    match fs::read_to_string(&sums) {
        Ok(text) => Ok(text.split_whitespace().next().map(str::to_lowercase)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(named("read", &sums)(e).into()),
    }
}

/// Unpacks into an empty folder. Returns what the pack says about itself, the archive's
/// hash, and the number of files.
fn fill(
    file: &Path,
    archive: File,
    folder: &Path,
    bytes: u64,
) -> Result<(Pack, String, usize), PackError> {
    // What a damaged pack says of itself may contain anything.
    let no_pack =
        |reason: String| PackError::NoPack { file: file.to_owned(), reason: visible(&reason) };
    let damaged =
        |reason: String| PackError::Damaged { file: file.to_owned(), reason: visible(&reason) };
    let hashed =
        Hashing { inner: io::BufReader::with_capacity(1 << 20, archive), hash: Sha256::new() };
    let unzipped = Metered { inner: GzDecoder::new(hashed), left: bytes, bytes };
    let mut archive = tar::Archive::new(unzipped);
    let mut site = Site::new(folder);
    let mut about = None;
    let mut sums = BTreeMap::new();
    let entries = archive.entries().map_err(|e| no_pack(e.to_string()))?;
    for (place, entry) in entries.raw(true).enumerate() {
        interrupt::check()?;
        // A file that is no pack at all fails at the head of its first entry.
        let unknown = |reason| if place == 0 { no_pack(reason) } else { damaged(reason) };
        let mut entry = entry.map_err(|e| unknown(e.to_string()))?;
        let name = safe_name(&entry).map_err(unknown)?;
        match FIRST.get(place) {
            Some(&first) if first != name => {
                return Err(no_pack(format!("it has `{name}` in the place of `{first}`")));
            }
            Some(&ABOUT) => {
                let text = text(&mut entry).map_err(|e| damaged(e.to_string()))?;
                about = Some(Pack::parse(&text).map_err(|e| no_pack(format!("{ABOUT}: {e}")))?);
                site.file(&name, &mut text.as_slice(), false).map_err(blame(&damaged))?;
            }
            Some(&SUMS) => {
                let text = text(&mut entry).map_err(|e| damaged(e.to_string()))?;
                sums = parse_sums(&text).map_err(&damaged)?;
                site.file(&name, &mut text.as_slice(), false).map_err(blame(&damaged))?;
                for name in [PROGRAM, ABOUT] {
                    site.compare(name, &sums).map_err(&damaged)?;
                }
            }
            _ => {
                let is_program = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
                match entry.header().entry_type() {
                    EntryType::Regular => {
                        site.file(&name, &mut entry, is_program).map_err(blame(&damaged))?;
                    }
                    EntryType::Link => {
                        let target = entry.link_name_bytes().unwrap_or_default();
                        let target = String::from_utf8_lossy(&target).into_owned();
                        site.link(&name, &target).map_err(blame(&damaged))?;
                    }
                    _ => return Err(damaged(format!("its `{name}` is neither a file nor a link"))),
                }
                // The sums come after the program.
                if place > 0 {
                    site.compare(&name, &sums).map_err(&damaged)?;
                }
            }
        }
    }
    let about = about.ok_or_else(|| no_pack("it is empty".to_owned()))?;
    if let Some(name) = sums.keys().find(|name| !site.hashes.contains_key(*name)) {
        return Err(damaged(format!("it lacks `{name}`")));
    }
    // The archive's own checksum comes after its last file.
    let mut unzipped = archive.into_inner();
    io::copy(&mut unzipped, &mut io::sink()).map_err(|e| damaged(e.to_string()))?;
    let mut hashed = unzipped.inner.into_inner();
    io::copy(&mut hashed, &mut io::sink()).map_err(named("read", file))?;
    Ok((about, format!("{:x}", hashed.hash.finalize()), site.hashes.len()))
}

/// The name of an entry, if it leads into the folder.
fn safe_name(entry: &Entry<'_, impl Read>) -> Result<String, String> {
    let bytes = entry.path_bytes();
    let name =
        std::str::from_utf8(&bytes).map_err(|_| "one of its names is no UTF-8".to_owned())?;
    let is_inside = !name.is_empty()
        && !name.ends_with('/')
        && !name.contains(|c: char| c.is_control())
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    match is_inside {
        true => Ok(name.to_owned()),
        false => Err(format!("its `{}` leads out of it", explain::visible(name))),
    }
}

/// The text of a small file.
fn text(entry: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if entry.take(TEXT + 1).read_to_end(&mut text)? as u64 > TEXT {
        return Err(io::Error::other(format!("its list is longer than {} MiB", TEXT >> 20)));
    }
    Ok(text)
}

/// Reads lines as sha256sum(1) writes them.
fn parse_sums(text: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let malformed = || format!("its {SUMS} is malformed");
    let text = std::str::from_utf8(text).map_err(|_| malformed())?;
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        let (hash, name) = line.split_once("  ").ok_or_else(malformed)?;
        if sums.insert(name.to_owned(), hash.to_owned()).is_some() {
            return Err(malformed());
        }
    }
    Ok(sums)
}

/// Why a file was not made.
enum Unmade {
    /// The archive's fault.
    Archive(String),
    /// The host's fault.
    Host(io::Error),
}

fn blame(wrong: impl Fn(String) -> PackError) -> impl FnOnce(Unmade) -> PackError {
    move |unmade| match unmade {
        Unmade::Archive(reason) => wrong(reason),
        Unmade::Host(error) => error.into(),
    }
}

/// The folder that is being filled.
struct Site<'a> {
    folder: &'a Path,
    /// The hashes of the files that are there.
    hashes: BTreeMap<String, String>,
    folders: BTreeSet<PathBuf>,
}

impl Site<'_> {
    fn new(folder: &Path) -> Site<'_> {
        Site { folder, hashes: BTreeMap::new(), folders: BTreeSet::new() }
    }

    /// The place of a file, whose folder is made.
    fn place(&mut self, name: &str) -> Result<PathBuf, Unmade> {
        let place = self.folder.join(name);
        let folder = place.parent().unwrap_or(self.folder);
        if self.folders.insert(folder.to_owned()) {
            fs::create_dir_all(folder).map_err(|e| unmade(name, e))?;
        }
        Ok(place)
    }

    fn file(&mut self, name: &str, from: &mut dyn Read, is_program: bool) -> Result<(), Unmade> {
        let place = self.place(name)?;
        let mode = if is_program || name == PROGRAM { 0o755 } else { 0o644 };
        let mut options = File::options();
        let options = options.write(true).create_new(true).mode(mode);
        let mut file = options.open(&place).map_err(|e| unmade(name, e))?;
        let mut hash = Sha256::new();
        let mut part = vec![0; 64 << 10];
        loop {
            let len = match from.read(&mut part) {
                Ok(0) => break,
                Ok(len) => len,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Unmade::Archive(e.to_string())),
            };
            hash.update(&part[..len]);
            file.write_all(&part[..len]).map_err(|e| unmade(name, e))?;
        }
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(TIME);
        file.set_modified(time).map_err(|e| unmade(name, e))?;
        self.hashes.insert(name.to_owned(), format!("{:x}", hash.finalize()));
        Ok(())
    }

    /// Makes another name for a file that is there.
    fn link(&mut self, name: &str, target: &str) -> Result<(), Unmade> {
        let Some(hash) = self.hashes.get(target).cloned() else {
            let target = explain::visible(target);
            return Err(Unmade::Archive(format!("its `{name}` is a link to `{target}`")));
        };
        let place = self.place(name)?;
        fs::hard_link(self.folder.join(target), place).map_err(|e| unmade(name, e))?;
        self.hashes.insert(name.to_owned(), hash);
        Ok(())
    }

    /// Compares a file with its hash.
    fn compare(&self, name: &str, sums: &BTreeMap<String, String>) -> Result<(), String> {
        match sums.get(name) {
            None => Err(format!("its {SUMS} does not have `{name}`")),
            Some(expected) if self.hashes.get(name) == Some(expected) => Ok(()),
            Some(_) => Err(format!("its `{name}` is not what its {SUMS} says")),
        }
    }
}

/// An error in making a file, which is the archive's fault if its names do not fit
/// together.
fn unmade(name: &str, error: io::Error) -> Unmade {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    match error.kind() {
        AlreadyExists | NotADirectory | IsADirectory | InvalidFilename => {
            Unmade::Archive(format!("its `{name}` cannot be unpacked: {error}"))
        }
        _ => Unmade::Host(named("write", Path::new(name))(error)),
    }
}

fn named(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let path = path.display().to_string();
    move |e| io::Error::new(e.kind(), format!("failed to {verb} `{path}`: {e}"))
}

/// Hashes what is read.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(part)?;
        self.hash.update(&part[..len]);
        Ok(len)
    }
}

#[cfg(test)]
mod tests;
