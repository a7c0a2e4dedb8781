//! Which files a folder's build takes: its own, and what it names beside itself.
//!
//! What lies beside the folder is the person's. Of that only source files are taken,
//! and only those that a Makefile or an `#include` names: `-I$(src)/../common`,
//! `include ../rules.mk`, `#include "../common.h"`, a link to `../common/word.h`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;

use super::KmodFolderError;
use super::copy::{Files, Origin};
use super::mentions::{included, is_makefile, is_source_name, name_of, names_in_makefile};
use super::products::Products;
use crate::cache::is_an_editors;

/// How far up names may lead: so many folders are above the folder's copy.
const LEVELS: usize = 8;
/// What stands for each of them.
const ABOVE: &str = "above";

/// The most that is taken.
const FILES_MAX: usize = 20_000;
const BYTES_MAX: u64 = 512 << 20;
/// The longest file that is looked through for names.
const TEXT_MAX: u64 = 4 << 20;

/// What a build takes.
#[derive(Debug)]
pub struct Taken {
    pub files: Files,
    /// Where in the copy the folder itself is.
    pub folder: PathBuf,
}

/// All files of a folder, which has no link in its path, and the source files that it
/// names beside itself. If it is trusted, all that is beside it is linked instead.
pub fn take(folder: &Path, trusted: bool) -> Result<Taken, KmodFolderError> {
    let mut copy: PathBuf = [ABOVE; LEVELS].iter().collect();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // make can handle no other names.
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
    /// Where in the copy the folder is.
    copy: PathBuf,
    files: Files,
    bytes: u64,
    /// Files that were not yet looked through for names.
    unread: Vec<PathBuf>,
    /// Folders above the folder in which an `#include` is looked for.
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
            // A link may lead anywhere, or nowhere; what it names is then not there.
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

    /// Looks through all that was taken, and through what is taken for that.
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
            // By -I of a folder above.
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

    /// Takes what a Makefile names, if it is beside the folder.
    fn take_named(&mut self, path: &Path) -> Result<(), KmodFolderError> {
        let path = without_steps(path);
        if path.starts_with(self.folder) {
            return Ok(());
        }
        if self.folder.starts_with(&path) {
            // Only what is named in there: it may be a home.
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
            // A kernel's source, say: the lab has one.
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

    /// Takes a file beside the folder, if it is a source file.
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

    /// Where in the copy something beside the folder belongs.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        let up = self.folder.ancestors().position(|above| path.starts_with(above))?;
        let above = self.copy.ancestors().nth(up).filter(|above| !above.as_os_str().is_empty());
        let below = path.strip_prefix(self.folder.ancestors().nth(up)?).ok()?;
        Some(above?.join(below))
    }

    /// Whether something outside the folder is a source file and in no hidden folder:
    /// the person's keys and letters are neither.
    fn is_source(&self, path: &Path) -> bool {
        let common = self.folder.ancestors().find(|above| path.starts_with(above));
        let below = common.and_then(|common| path.strip_prefix(common).ok()).unwrap_or(path);
        let hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        is_source_name(&name_of(path)) && !below.components().any(hidden)
    }

    /// Links all that is beside the folder and beside the folders above it.
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

/// The path without `.` and `..`: above the folder no part of it is a link.
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
