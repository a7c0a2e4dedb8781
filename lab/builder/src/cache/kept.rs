//! Folders that are kept from one build to the next, for builds where only make knows
//! what is left to do.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use process::Held;

use super::{Cache, CacheError, Key, remove, site};
use crate::progress::Progress;

/// A folder that only this process uses, until it is dropped.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    _lock: Held,
    /// Keeps [`Cache::clean`] waiting.
    _cache: File,
}

impl Kept {
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Empties the folder.
    pub fn clear(&self) -> Result<(), CacheError> {
        let failed = |source| CacheError::Read { path: self.folder.clone(), source };
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            remove(&entry.map_err(failed)?.path())?;
        }
        Ok(())
    }
}

impl Cache {
    /// The folder for this key, with everything that was left in it. Waits if another
    /// process has it.
    pub fn kept(&self, kind: &str, key: &Key, progress: &dyn Progress) -> Result<Kept, CacheError> {
        let cache = self.share()?;
        let folder = self.place(kind, key);
        let waiting =
            || progress.note(&format!("waiting for another process that uses the {kind}"));
        let lock = site::lock(&folder, waiting)
            .map_err(|source| CacheError::Lock { path: folder.clone(), source })?;
        Ok(Kept { folder, _lock: lock, _cache: cache })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn what_is_in_a_kept_folder_stays_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let take = || cache.kept("builds", &Key::builder("one").finish(), &Silent).unwrap();
        fs::write(take().folder().join("built"), "").unwrap();
        let kept = take();
        assert!(kept.folder().join("built").exists());
        kept.clear().unwrap();
        assert_eq!(fs::read_dir(kept.folder()).unwrap().count(), 0);
    }
}
