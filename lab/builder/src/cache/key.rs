//! Keys: the hash of everything that a build result depends on.

use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::CacheError;

/// Whether a file belongs to an editor: a swap file, a backup, or a lock, which may be a
/// dangling link. No build depends on such a file.
pub fn is_an_editors(name: &str) -> bool {
    let swap = [".swp", ".swo", ".swn", ".swx", ".kate-swp"];
    name.ends_with('~')
        || name.starts_with(".#")
        || (name.starts_with('#') && name.ends_with('#'))
        || (name.starts_with('.') && swap.iter().any(|ending| name.ends_with(ending)))
}

/// Names a cache entry by the hash of all its inputs, so the same inputs give the same
/// key on every machine. It is shown as 20 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 10]);

impl Key {
    /// Starts a key. `thing` says what the key is for, so that two kinds of things never
    /// share one.
    pub fn builder(thing: &str) -> KeyBuilder {
        KeyBuilder(Sha256::new()).text("thing", thing)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Collects the inputs of a [`Key`], each with a label. Their order matters.
#[derive(Clone)]
pub struct KeyBuilder(Sha256);

impl KeyBuilder {
    /// Adds a text, such as a version.
    pub fn text(self, label: &str, value: &str) -> KeyBuilder {
        self.bytes(label, value.as_bytes())
    }

    /// Adds some bytes.
    pub fn bytes(mut self, label: &str, value: &[u8]) -> KeyBuilder {
        // Add lengths first, or `a` + `bc` would be the same as `ab` + `c`.
        for part in [label.as_bytes(), value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// Adds the content of a file, without its name. Fails if the file cannot be read.
    pub fn file(self, label: &str, path: &Path) -> Result<KeyBuilder, CacheError> {
        let bytes = std::fs::read(path)
            .map_err(|source| CacheError::Read { path: path.to_owned(), source })?;
        Ok(self.bytes(label, &bytes))
    }

    /// Adds every file below a folder, with its relative path, except those of
    /// [editors](is_an_editors). Fails if something in the folder cannot be read.
    pub fn tree(mut self, label: &str, folder: &Path) -> Result<KeyBuilder, CacheError> {
        let read = |source| CacheError::Read { path: folder.to_owned(), source };
        let mut entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .map_err(read)?;
        // `readdir` returns no fixed order.
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_an_editors(&name) {
                continue;
            }
            let label = format!("{label}/{name}");
            self = if entry.file_type().map_err(read)?.is_dir() {
                self.tree(&label, &entry.path())?
            } else {
                self.file(&label, &entry.path())?
            };
        }
        Ok(self)
    }

    /// The whole hash of everything that was added, in hexadecimal.
    pub(super) fn sha256(self) -> String {
        format!("{:x}", self.0.finalize())
    }

    /// The key of everything that was added.
    pub fn finish(self) -> Key {
        let hash = self.0.finalize();
        Key(std::array::from_fn(|i| hash[i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_every_input_and_its_label() {
        let key = |label, value| Key::builder("thing").text(label, value).finish();
        assert_eq!(key("a", "bc"), key("a", "bc"));
        assert_ne!(key("a", "bc"), key("ab", "c"));
        assert_ne!(key("a", "b"), key("a", "c"));
        assert_ne!(Key::builder("x").finish(), Key::builder("y").finish());
    }

    /// Keys are folder names in people's caches. Changing how they are made would rebuild
    /// everything everywhere.
    #[test]
    fn a_key_is_twenty_stable_digits() {
        let key = Key::builder("kernel").text("release", "6.12.117").finish();
        assert_eq!(key.to_string(), "3d759571aaeb0c6af0d7");
    }

    #[test]
    fn a_tree_counts_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let key = || Key::builder("x").tree("src", folder.path()).unwrap().finish();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/a"), "1").unwrap();
        let first = key();
        assert_eq!(first, key());
        std::fs::write(folder.path().join("sub/a"), "2").unwrap();
        let second = key();
        std::fs::rename(folder.path().join("sub/a"), folder.path().join("sub/b")).unwrap();
        assert!(first != second && second != key() && first != key());
    }

    #[test]
    fn what_an_editor_keeps_is_no_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        let key = || Key::builder("x").tree("src", folder.path()).unwrap().finish();
        std::fs::write(path("main.rs"), "1").unwrap();
        let before = key();
        for name in [".main.rs.swp", "main.rs~", "#main.rs#"] {
            std::fs::write(path(name), "half").unwrap();
        }
        std::os::unix::fs::symlink("person@host.1234:5", path(".#main.rs")).unwrap();
        assert_eq!(key(), before);
        // A missing input is an error.
        std::os::unix::fs::symlink("nowhere", path("other.rs")).unwrap();
        assert!(Key::builder("x").tree("src", folder.path()).is_err());
    }

    #[test]
    fn an_unreadable_input_is_named() {
        let error = Key::builder("x").file("fragment", Path::new("/nowhere/f")).err().unwrap();
        assert_eq!(
            error.to_string(),
            "failed to read `/nowhere/f`: No such file or directory (os error 2)"
        );
    }
}
