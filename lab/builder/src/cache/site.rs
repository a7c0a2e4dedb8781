//! Where an entry is built: a folder beside its place, locked (flock(2)) as long as
//! its builder lives. So there are no stale locks, and what a dead builder left is
//! known by its being free.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use process::Held;

/// A kind's folder of sites; it is there only as long as there are some.
pub const UNFINISHED: &str = "unfinished";

/// A site that this process has, and nobody else. What is there when it is dropped
/// is removed.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    _lock: Held,
}

impl Site {
    /// Takes a folder and empties it, or makes it. Where somebody has it, this says
    /// so by `waiting` and waits until the other is done.
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

    /// Makes the folder the entry.
    pub fn finish(self, entry: &Path) -> io::Result<()> {
        fs::rename(&self.folder, entry)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // What cannot be removed is the next one's to remove.
        let _ = remove(&self.folder);
        // Others may be at work in it.
        let _ = self.folder.parent().map(fs::remove_dir);
    }
}

/// Makes a folder, if it is not there, and locks it. Where somebody has it, this says
/// so by `waiting` and waits until the other is done.
pub fn lock(folder: &Path, waiting: impl Fn()) -> io::Result<Held> {
    let mut said = false;
    loop {
        let file = match fs::create_dir_all(folder).and_then(|()| File::open(folder)) {
            // Whoever finishes removes it, and the folder that it lies in.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
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

/// Removes sites of a kind whose builders are gone.
pub fn sweep(kind: &Path) -> io::Result<()> {
    let sites = kind.join(UNFINISHED);
    for site in fs::read_dir(&sites)? {
        let folder = site?.path();
        // One that cannot be opened has just become an entry.
        let Ok(file) = File::open(&folder) else { continue };
        if file.try_lock().is_ok() && is_at(&file, &folder) {
            remove(&folder)?;
        }
    }
    fs::remove_dir(sites)
}

/// Whether an open folder is still the one that has a path.
fn is_at(file: &File, path: &Path) -> bool {
    let inode = |meta: fs::Metadata| meta.ino();
    fs::symlink_metadata(path).map(inode).ok() == file.metadata().map(inode).ok()
}

/// Removes a file or folder, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    match if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
