//! The place where an entry is built: a folder next to the entry's place, locked
//! (flock(2)) as long as its builder lives. So there are no stale locks, and an unlocked
//! folder was left by a dead builder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use process::Held;

/// A kind's folder of sites. It exists only while there are some.
pub const UNFINISHED: &str = "unfinished";

/// A site that only this process has. Whatever is in it when it is dropped is removed.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    _lock: Held,
}

impl Site {
    /// Takes a folder and empties it, or creates it. If another process has it, calls
    /// `waiting` and waits until that process is done.
    pub fn take(folder: PathBuf, waiting: impl Fn()) -> io::Result<Site> {
        let lock = lock(&folder, waiting)?;
        let site = Site { folder, _lock: lock };
        for left in fs::read_dir(&site.folder)? {
            remove(&left?.path())?;
        }
        Ok(site)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Turns the folder into the entry.
    pub fn finish(self, entry: &Path) -> io::Result<()> {
        fs::rename(&self.folder, entry)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // If something cannot be removed, the next process removes it.
        let _ = remove(&self.folder);
        // Fails if others are working in it.
        let _ = self.folder.parent().map(fs::remove_dir);
    }
}

/// Creates a folder if necessary, and locks it. If another process has it, calls
/// `waiting` and waits until that process is done.
pub fn lock(folder: &Path, waiting: impl Fn()) -> io::Result<Held> {
    let mut said = false;
    loop {
        let file = match fs::create_dir_all(folder).and_then(|()| File::open(folder)) {
            // A process that finishes removes it and the folder around it.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            // It was there when the call tried to create it, and gone when the call looked.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && !is_obstructed(folder) => {
                continue;
            }
            result => result?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if !said {
                    waiting();
                    said = true;
                }
                file.lock()?;
            }
            Err(TryLockError::Error(e)) => return Err(e),
        }
        if is_at(&file, folder) {
            return Ok(Held::new(file));
        }
    }
}

/// Removes the sites of a kind whose builders are gone.
pub fn sweep(kind: &Path) -> io::Result<()> {
    let sites = kind.join(UNFINISHED);
    for site in fs::read_dir(&sites)? {
        let folder = site?.path();
        // A site that cannot be opened has just become an entry.
        let Ok(file) = File::open(&folder) else { continue };
        if file.try_lock().is_ok() && is_at(&file, &folder) {
            remove(&folder)?;
        }
    }
    fs::remove_dir(sites)
}

/// Whether something else is where a folder or the folder around it should be.
fn is_obstructed(folder: &Path) -> bool {
    // What is there is asked once, as it may come and go.
    let obstructs = |path: &Path| match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => !fs::metadata(path).is_ok_and(|meta| meta.is_dir()),
        Ok(meta) => !meta.is_dir(),
        Err(_) => false,
    };
    obstructs(folder) || folder.parent().is_some_and(obstructs)
}

/// Whether an open folder is still the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let inode = |meta: fs::Metadata| meta.ino();
    fs::symlink_metadata(path).map(inode).ok() == file.metadata().map(inode).ok()
}

/// Removes a file or folder if it exists.
pub fn remove(path: &Path) -> io::Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    match if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Others remove the folder and the folder around it when they are done.
    #[test]
    fn a_folder_that_comes_and_goes_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let around = root.path().join("unfinished");
        std::thread::scope(|scope| {
            let takers = ["a", "b", "c", "d"].map(|key| {
                let folder = around.join(key);
                scope.spawn(move || {
                    for _ in 0..3000 {
                        drop(Site::take(folder.clone(), || {}).unwrap());
                    }
                })
            });
            while takers.iter().any(|taker| !taker.is_finished()) {
                let _ = fs::remove_dir(&around);
            }
        });
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let kind =
            |name: &str| Site::take(root.path().join(name).join("key"), || {}).unwrap_err().kind();
        fs::write(root.path().join("file"), "").unwrap();
        assert_eq!(kind("file"), io::ErrorKind::NotADirectory);
        std::os::unix::fs::symlink("nowhere", root.path().join("link")).unwrap();
        assert_eq!(kind("link"), io::ErrorKind::AlreadyExists);
    }
}
