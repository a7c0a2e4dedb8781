//! Hashes of files' content, computed once: reading a kernel's archive or a C library in
//! each run would cost more than the run.
//!
//! A file's times and location show whether it has changed. They never enter a key, which
//! depends on the content only.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Cache, CacheError, Key, KeyBuilder, is_an_editors};
use crate::progress::Silent;

/// The kind of the cache's entries, and the name of their file.
const KIND: &str = "contents";
const FILE: &str = "sha256";

/// Identifies a state of a file without reading it. It uses the time when content or
/// location last changed (ctime), which no program can set back.
pub fn stamp(path: &Path) -> String {
    let stamp = fs::metadata(path).map(|meta| stamp_of(&meta)).unwrap_or_default();
    format!("{} {stamp}", path.display())
}

fn stamp_of(meta: &Metadata) -> String {
    let (size, inode) = (meta.size(), meta.ino());
    format!("{size} {inode} {}.{}", meta.ctime(), meta.ctime_nsec())
}

impl Cache {
    /// The sha256 of a file, in hexadecimal. Reads the file only if it has changed since
    /// the last call.
    pub fn sha256(&self, file: &Path) -> Result<String, CacheError> {
        let key = Key::builder("file").text("stamp", &stamp(file)).finish();
        self.remembered(&key, || sha256(file).map_err(failed(file)))
    }

    /// The sha256 of all names and contents below a folder, in hexadecimal, without
    /// `.git` and the files of [editors](is_an_editors). Looks at every file, and reads
    /// them all only if one has changed since the last call.
    pub fn sha256_of_folder(&self, folder: &Path) -> Result<String, CacheError> {
        let stamps = Key::builder("folder").bytes("path", folder.as_os_str().as_encoded_bytes());
        let stamps = walk(stamps, folder, &|key, path| {
            Ok(key.text("stamp", &stamp_of(&fs::symlink_metadata(path)?)))
        })?;
        self.remembered(&stamps.finish(), || {
            let contents = walk(Key::builder("folder"), folder, &|key, path| {
                Ok(if path.is_symlink() {
                    key.bytes("link", fs::read_link(path)?.as_os_str().as_encoded_bytes())
                } else {
                    key.bytes("content", &fs::read(path)?)
                })
            })?;
            Ok(contents.sha256())
        })
    }

    fn remembered(
        &self,
        key: &Key,
        hash: impl FnOnce() -> Result<String, CacheError>,
    ) -> Result<String, CacheError> {
        let entry = self.entry(KIND, key, &Silent, |folder| {
            let path = folder.join(FILE);
            fs::write(&path, hash()?).map_err(|source| CacheError::Write { path, source })
        })?;
        let path = entry.join(FILE);
        fs::read_to_string(&path).map_err(|source| CacheError::Read { path, source })
    }
}

/// The sha256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut fs::File::open(file)?, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}

/// Adds the names of all files below a folder, sorted, and for each file what `add` adds.
fn walk(
    mut key: KeyBuilder,
    folder: &Path,
    add: &dyn Fn(KeyBuilder, &Path) -> io::Result<KeyBuilder>,
) -> Result<KeyBuilder, CacheError> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(failed(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        if name == ".git" || is_an_editors(&name.to_string_lossy()) {
            continue;
        }
        key = key.bytes("name", name.as_encoded_bytes());
        key = if entry.file_type().map_err(failed(&path))?.is_dir() {
            walk(key.text("folder", "begins"), &path, add)?.text("folder", "ends")
        } else {
            add(key, &path).map_err(failed(&path))?
        };
    }
    Ok(key)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    |source| CacheError::Read { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        (folder, cache)
    }

    #[test]
    fn a_file_is_read_again_only_when_it_has_changed() {
        let (folder, cache) = folder();
        let file = folder.path().join("file");
        fs::write(&file, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(cache.sha256(&file).unwrap(), abc);
        // The same size and the same time.
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "abd").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        assert_ne!(cache.sha256(&file).unwrap(), abc);
        let remembered = fs::read_dir(cache.root().join(KIND)).unwrap().count();
        cache.sha256(&file).unwrap();
        assert_eq!(fs::read_dir(cache.root().join(KIND)).unwrap().count(), remembered);
    }

    #[test]
    fn a_folder_is_its_names_and_contents() {
        let (folder, cache) = folder();
        let make = |name: &str, file: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.join("sub/.git")).unwrap();
            fs::write(path.join("sub").join(file), text).unwrap();
            std::os::unix::fs::symlink(file, path.join("link")).unwrap();
            path
        };
        let hash = |path: &Path| cache.sha256_of_folder(path).unwrap();
        let [one, copy] = ["one", "copy"].map(|name| make(name, "a", "1"));
        assert_eq!(hash(&one), hash(&copy));
        assert_ne!(hash(&make("name", "b", "1")), hash(&one));
        assert_ne!(hash(&make("content", "a", "2")), hash(&one));
        let before = hash(&one);
        fs::write(one.join("sub/.git/index"), "").unwrap();
        fs::write(one.join("sub/.a.swp"), "").unwrap();
        assert_eq!(hash(&one), before);
        fs::write(one.join("sub/a"), "3").unwrap();
        assert_ne!(hash(&one), before);
    }
}
