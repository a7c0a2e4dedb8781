//! A cache of others below a person's own. It is looked at first and never written to, so
//! many people can share one that only its owner may change.

use std::fs;
use std::path::{Path, PathBuf};

use super::uses::Uses;
use super::{CacheError, Depth, Key, SHARED_VARIABLE, UNFINISHED, create, manifest};
use crate::progress::Progress;

/// A cache that is only read.
#[derive(Debug)]
pub(super) struct Shared {
    root: PathBuf,
    /// Keeps the owner from removing what is in use here, if both are on one machine.
    uses: Uses,
}

/// The folder that a person chose. `None` if they chose none.
pub(super) fn chosen() -> Result<Option<PathBuf>, CacheError> {
    let Some(value) = std::env::var_os(SHARED_VARIABLE).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let folder = PathBuf::from(value);
    let refused =
        |reason: String| Err(CacheError::NoShared { value: folder.display().to_string(), reason });
    match fs::read_dir(&folder) {
        Err(error) => refused(error.to_string()),
        Ok(_) if !folder.is_absolute() => refused("it is relative".to_owned()),
        Ok(_) => Ok(Some(folder)),
    }
}

impl Shared {
    pub fn at(root: PathBuf) -> Shared {
        let uses = Uses::of_others(&root);
        Shared { root, uses }
    }

    /// The folder of an entry, if it is there and sound.
    pub fn find(&self, kind: &str, key: &Key) -> Option<PathBuf> {
        let entry = self.place(kind, key);
        if !entry.is_dir() {
            return None;
        }
        self.uses.hold(kind, &key.to_string());
        manifest::damage(&entry, Depth::Touched).is_none().then_some(entry)
    }

    /// Says why an entry that is there is not used.
    pub fn tell_damage(&self, kind: &str, key: &Key, progress: &dyn Progress) {
        let entry = self.place(kind, key);
        if entry.is_dir()
            && let Some(damage) = manifest::damage(&entry, Depth::Touched)
        {
            let root = self.root.display();
            progress.note(&format!(
                "`{kind}` in the shared cache `{root}` is damaged ({damage}): building it here"
            ));
        }
    }

    /// Links all entries of a kind into another cache.
    pub fn link(&self, kind: &str, into: &Path) -> Result<(), CacheError> {
        if self.root.join(kind).is_dir() {
            link(&self.root, &self.uses, kind, into)
        } else {
            Ok(())
        }
    }

    fn place(&self, kind: &str, key: &Key) -> PathBuf {
        self.root.join(kind).join(key.to_string())
    }
}

/// Links all entries of a kind from one cache into another, and holds them.
pub(super) fn link(from: &Path, uses: &Uses, kind: &str, into: &Path) -> Result<(), CacheError> {
    let (from, to) = (from.join(kind), into.join(kind));
    create(&to)?;
    let failed = |source| CacheError::Read { path: from.clone(), source };
    for entry in fs::read_dir(&from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let link = to.join(entry.file_name());
        // Of two caches with the same entry, the first counts.
        if entry.file_name() == UNFINISHED || link.is_symlink() {
            continue;
        }
        uses.hold(kind, &entry.file_name().to_string_lossy());
        std::os::unix::fs::symlink(entry.path(), &link)
            .map_err(|source| CacheError::Create { path: link, source })?;
    }
    Ok(())
}
