//! Temporary folders that are always removed in the end: if a lab is killed, the next lab
//! that makes such a folder removes what it left.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::unistd::getuid;

use crate::Held;

/// A folder owned by this process and removed on drop. It stays locked as long as the
/// process, or anything that it started, lives.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    _lock: Held,
}

impl Temporary {
    /// Makes a folder, and removes those whose owners are gone. Errors name the place.
    pub fn new() -> io::Result<Temporary> {
        let all = std::env::temp_dir().join(format!("upcall-{}", getuid()));
        Temporary::among(&all).map_err(|e| {
            let what = format!("failed to create a folder in `{}`: {e}", all.display());
            io::Error::new(e.kind(), what)
        })
    }

    /// Makes a folder in `all`, which is made too if it does not exist. For what is to be
    /// renamed, and so must be on the same file system as its place.
    pub fn among(all: &Path) -> io::Result<Temporary> {
        private(all)?;
        sweep(all)?;
        loop {
            let path = tempfile::Builder::new().prefix("").tempdir_in(all)?.keep();
            // Until it is locked, another process may take it for a leftover and remove
            // it.
            match lock(&path) {
                Ok(Some(lock)) => return Ok(Temporary { path, _lock: Held::new(lock) }),
                Ok(None) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // If something is left of it, the next process removes it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Makes a folder that no other user can write to, or checks that it is one. Its parent
/// is open to everybody.
fn private(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        result => return result,
    }
    let meta = fs::symlink_metadata(folder)?;
    let is_ours = meta.is_dir() && meta.uid() == getuid().as_raw() && meta.mode() & 0o022 == 0;
    if is_ours { Ok(()) } else { Err(io::Error::other("somebody else's file is in its place")) }
}

/// Removes folders whose owners are gone.
fn sweep(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let path = entry?.path();
        // A folder that cannot be removed does no harm.
        if let Ok(Some(_lock)) = lock(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

/// Locks a folder. Returns `None` if another process holds it or has just removed it.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let file = File::options().read(true).custom_flags(flags).open(folder)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(e)) => return Err(e),
    }
    let is_there = fs::symlink_metadata(folder)?.ino() == file.metadata()?.ino();
    Ok(is_there.then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_removed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let all = folder.path().join("all");
        let kept = Temporary::among(&all).unwrap();
        fs::write(kept.path().join("file"), "").unwrap();
        let left = all.join("left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("file"), "").unwrap();

        let another = Temporary::among(&all).unwrap();
        assert!(!left.exists() && kept.path().join("file").exists());
        drop((kept, another));
        assert_eq!(fs::read_dir(&all).unwrap().count(), 0);
    }

    #[test]
    fn a_place_that_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let all = folder.path().join("all");
        std::os::unix::fs::symlink(folder.path(), &all).unwrap();
        assert!(Temporary::among(&all).is_err());
    }
}
