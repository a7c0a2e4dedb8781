//! The files that a folder's build uses: its own, and those that it names outside.
//!
//! Everything outside the folder is private. From there, only source files are taken, and
//! only those that a Makefile or an `#include` names: `-I$(src)/../common`,
//! `include ../rules.mk`, `#include "../common.h"`, a link to `../common/word.h`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;

use super::KmodFolderError;
use super::copy::{Files, Origin};
use super::mentions::{included, is_makefile, is_source_name, name_of, names_in_makefile};
use super::products::Products;
use crate::cache::is_an_editors;

/// How many levels up names may lead. The copy has this many folders above it.
const LEVELS: usize = 8;
/// The name of each of those folders in the copy.
const ABOVE: &str = "above";

/// The maximum number of files.
const FILES_MAX: usize = 20_000;
const BYTES_MAX: u64 = 512 << 20;
/// The maximum length of a file that is searched for names, bytes.
const TEXT_MAX: u64 = 4 << 20;

/// The files that a build uses.
#[derive(Debug)]
pub struct Taken {
    pub files: Files,
    /// The place of the folder in the copy.
    pub folder: PathBuf,
}

/// Finds all files of a folder, whose path must not contain links, and the source files
/// that it names outside. If it is trusted, everything outside is linked instead.
pub fn take(folder: &Path, trusted: bool) -> Result<Taken, KmodFolderError> {
    let mut copy: PathBuf = [ABOVE; LEVELS].iter().collect();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // make cannot handle other names.
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte));
    copy.push(if plain && !name.is_empty() { &name } else { "module" });
    let mut taking = Taking {
        folder,
        trusted,
        copy: copy.clone(),
        files: Files::new(),
        bytes: 0,
        unread: Vec::new(),
        above: BTreeSet::new(),
    };
    taking.take_folder(folder, &copy, 0)?;
    match trusted {
        true => taking.link_all_beside()?,
        false => taking.take_what_is_named()?,
    }
    Ok(Taken { files: taking.files, folder: copy })
}

struct Taking<'a> {
    folder: &'a Path,
    trusted: bool,
    /// The place of the folder in the copy.
    copy: PathBuf,
    files: Files,
    bytes: u64,
    /// Files that were not searched for names yet.
    unread: Vec<PathBuf>,
    /// Folders above the folder in which an `#include` is searched.
    above: BTreeSet<PathBuf>,
}

impl Taking<'_> {
    /// Takes the folder's own files.
    fn take_folder(&mut self, from: &Path, to: &Path, depth: usize) -> Result<(), KmodFolderError> {
        let products = Products::of(from)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            let (path, to) = (entry.path(), to.join(&name));
            let name = name.to_string_lossy();
            if is_an_editors(&name) || name == ".git" || products.contain(&name) {
                continue;
            }
            // A link may lead anywhere or nowhere. If it leads nowhere, the build does
            // not find the file.
            let Ok(real) = path.canonicalize() else { continue };
            let own = real.starts_with(self.folder) || self.trusted;
            let Ok(meta) = real.metadata() else { continue };
            // A link to a folder above would never end.
            if meta.is_dir() && own && depth < 32 && !from.starts_with(&real) {
                self.take_folder(&path, &to, depth + 1)?;
            } else if meta.is_file() && (own || self.is_source(&real)) {
                self.take_file(&real, to, meta.len())?;
            }
        }
        Ok(())
    }

    fn take_file(&mut self, from: &Path, to: PathBuf, len: u64) -> Result<(), KmodFolderError> {
        if self.files.contains_key(&to) {
            return Ok(());
        }
        self.bytes += len;
        if self.bytes > BYTES_MAX || self.files.len() >= FILES_MAX {
            return Err(KmodFolderError::TooLarge { folder: self.folder.to_owned() });
        }
        if len <= TEXT_MAX && is_source_name(&name_of(from)) {
            self.unread.push(from.to_owned());
        }
        self.files.insert(to, Origin::File(from.to_owned()));
        Ok(())
    }

    /// Searches everything that was taken for names, and takes what they name, until
    /// there is no more.
    fn take_what_is_named(&mut self) -> Result<(), KmodFolderError> {
        let mut includes = BTreeSet::new();
        while let Some(path) = self.unread.pop() {
            let Ok(text) = fs::read(&path) else { continue };
            let text = String::from_utf8_lossy(&text);
            let near = path.parent().unwrap_or(self.folder).to_owned();
            if is_makefile(&name_of(&path)) {
                for name in names_in_makefile(&text) {
                    self.take_named(&self.folder.join(&name))?;
                    self.take_named(&near.join(&name))?;
                }
            } else {
                for name in included(&text) {
                    self.take_named_file(&near.join(&name))?;
                    includes.insert(name);
                }
            }
            // Files found through -I of a folder above.
            if self.unread.is_empty() {
                for folder in self.above.clone() {
                    for name in &includes {
                        self.take_named_file(&folder.join(name))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes what a Makefile names, if it is outside the folder.
    fn take_named(&mut self, path: &Path) -> Result<(), KmodFolderError> {
        let path = without_steps(path);
        if path.starts_with(self.folder) {
            return Ok(());
        }
        if self.folder.starts_with(&path) {
            // Take only its own source files, not its subfolders: it may be a home.
            self.above.insert(path.clone());
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                self.take_named_file(&entry.path())?;
            }
            return Ok(());
        }
        if !path.is_dir() {
            return self.take_named_file(&path);
        }
        let before = (self.files.clone(), self.bytes, self.unread.clone());
        match self.take_sources(&path, 0) {
            // For example a kernel's source, which the lab has anyway.
            Err(KmodFolderError::TooLarge { .. }) => (self.files, self.bytes, self.unread) = before,
            other => other?,
        }
        Ok(())
    }

    fn take_sources(&mut self, folder: &Path, depth: usize) -> Result<(), KmodFolderError> {
        let hidden = name_of(folder).starts_with('.');
        if hidden || depth >= 32 || self.place(folder).is_none() {
            return Ok(());
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                true => self.take_sources(&entry.path(), depth + 1)?,
                false => self.take_named_file(&entry.path())?,
            }
        }
        Ok(())
    }

    /// Takes a file outside the folder, if it is a source file.
    fn take_named_file(&mut self, path: &Path) -> Result<(), KmodFolderError> {
        let path = without_steps(path);
        let Some(to) = self.place(&path).filter(|_| !path.starts_with(self.folder)) else {
            return Ok(());
        };
        let Ok(real) = path.canonicalize() else { return Ok(()) };
        match real.metadata() {
            Ok(meta) if meta.is_file() && self.is_source(&real) && self.is_source(&path) => {
                self.take_file(&real, to, meta.len())
            }
            _ => Ok(()),
        }
    }

    /// The place in the copy for something outside the folder.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        let up = self.folder.ancestors().position(|above| path.starts_with(above))?;
        let above = self.copy.ancestors().nth(up).filter(|above| !above.as_os_str().is_empty());
        let below = path.strip_prefix(self.folder.ancestors().nth(up)?).ok()?;
        Some(above?.join(below))
    }

    /// Whether something outside the folder is a source file and not in a hidden folder.
    /// Private keys and letters are neither.
    fn is_source(&self, path: &Path) -> bool {
        let common = self.folder.ancestors().find(|above| path.starts_with(above));
        let below = common.and_then(|common| path.strip_prefix(common).ok()).unwrap_or(path);
        let hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        is_source_name(&name_of(path)) && !below.components().any(hidden)
    }

    /// Links everything next to the folder and next to the folders above it.
    fn link_all_beside(&mut self) -> Result<(), KmodFolderError> {
        let mut below = self.folder.to_owned();
        for above in self.folder.ancestors().skip(1).take(LEVELS) {
            for entry in fs::read_dir(above)? {
                let path = entry?.path();
                if path != below
                    && let Some(to) = self.place(&path)
                {
                    self.files.entry(to).or_insert(Origin::Link(path));
                }
            }
            below = above.to_owned();
        }
        Ok(())
    }
}

/// The path without `.` and `..`. No part of it above the folder is a link.
fn without_steps(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests;
