//! The files of a pack, and how they become an archive.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use builder::cache::{MANIFEST, dated, hashes, is_an_editors};
use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::{ABOUT, FIRST, PROGRAM, PackError, SUMS, TIME};

/// The files of a pack.
#[derive(Default)]
pub struct Contents {
    /// By their names in the pack.
    files: BTreeMap<String, Content>,
    /// The hashes of those that the cache knows.
    known: BTreeMap<String, String>,
}

enum Content {
    File(PathBuf),
    Text(Vec<u8>),
}

/// What is in a file.
struct Facts {
    sha256: String,
    len: u64,
    is_program: bool,
}

impl Contents {
    /// Adds a text under a name.
    pub fn text(&mut self, name: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(name.to_owned(), Content::Text(text.into()));
    }

    /// Adds a file under a name.
    pub fn file(&mut self, name: &str, path: PathBuf) {
        self.files.insert(name.to_owned(), Content::File(path));
    }

    /// Adds all files below a folder but those of editors, and no links, under a name.
    pub fn folder(&mut self, name: &str, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let (entry, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            let file = entry.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{name}{file}");
            if kind.is_dir() {
                self.folder(&format!("{name}/"), &entry)?;
            } else if kind.is_file() && !is_an_editors(&file) {
                self.file(&name, entry);
            }
        }
        Ok(())
    }

    /// Adds an entry of the cache under a name. Its manifest becomes that of files that
    /// were changed at the pack's time.
    pub fn entry(&mut self, name: &str, entry: &Path) -> io::Result<()> {
        self.folder(name, entry)?;
        // Other files of this kind belong to the cache that the entry is in.
        self.files.remove(&format!("{name}.size"));
        let manifest = fs::read_to_string(entry.join(MANIFEST))?;
        self.text(&format!("{name}{MANIFEST}"), dated(&manifest, TIME));
        self.known.extend(hashes(&manifest).map(|(file, hash)| (format!("{name}{file}"), hash)));
        Ok(())
    }

    /// Writes the archive. Returns how many files it has.
    pub fn write(&self, out: impl Write) -> Result<usize, PackError> {
        let gzip = GzEncoder::new(out, Compression::fast());
        let mut archive = tar::Builder::new(gzip);
        let mut facts = BTreeMap::new();
        let mut sums = String::new();
        for (name, content) in &self.files {
            let found = content.facts()?;
            if self.known.get(name).is_some_and(|known| *known != found.sha256) {
                return Err(PackError::Entry { name: name.clone() });
            }
            let _ = writeln!(sums, "{}  {name}", found.sha256);
            facts.insert(name.as_str(), found);
        }
        for name in [PROGRAM, ABOUT] {
            let is_program = name == PROGRAM;
            append(&mut archive, name, facts[name].len, is_program, &mut self.files[name].open()?)?;
        }
        append(&mut archive, SUMS, sums.len() as u64, false, &mut sums.as_bytes())?;
        // In the cache, what is there twice is a link to the first one.
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        let rest = self.files.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
        for (name, content) in rest {
            process::interrupt::check()?;
            let Facts { sha256, len, is_program } = &facts[name.as_str()];
            let same = name.starts_with(&format!("{}/", builder::pack::CACHE));
            if let Some(target) = first.get(sha256.as_str()).filter(|_| same)
                && facts[target].is_program == *is_program
                && link(&mut archive, name, target, *is_program)?
            {
                continue;
            }
            append(&mut archive, name, *len, *is_program, &mut content.open()?)?;
            if same {
                first.entry(sha256).or_insert(name);
            }
        }
        archive.into_inner()?.finish()?.flush()?;
        Ok(self.files.len() + 1)
    }
}

impl Content {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Content::File(path) => Box::new(fs::File::open(path)?),
            Content::Text(text) => Box::new(text.as_slice()),
        })
    }

    fn facts(&self) -> io::Result<Facts> {
        let mut hash = Sha256::new();
        let len = io::copy(&mut self.open()?, &mut hash)?;
        let is_program = match self {
            Content::File(path) => fs::metadata(path)?.permissions().mode() & 0o100 != 0,
            Content::Text(_) => false,
        };
        Ok(Facts { sha256: format!("{:x}", hash.finalize()), len, is_program })
    }
}

fn header(name: &str, is_program: bool) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_mode(if is_program { 0o755 } else { 0o644 });
    header.set_mtime(TIME);
    Ok(header)
}

fn append(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    len: u64,
    is_program: bool,
    content: &mut dyn Read,
) -> io::Result<()> {
    let mut header = header(name, is_program)?;
    header.set_size(len);
    header.set_cksum();
    archive.append(&header, content)
}

/// Adds a hard link, unless the format has no room for the target's name.
fn link(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    target: &str,
    is_program: bool,
) -> io::Result<bool> {
    let mut header = header(name, is_program)?;
    header.set_entry_type(EntryType::Link);
    if header.set_link_name(target).is_err() {
        return Ok(false);
    }
    header.set_size(0);
    header.set_cksum();
    archive.append(&header, io::empty())?;
    Ok(true)
}
