//! Records which entries are in use. A process locks what it looks up until the process
//! ends, so that no other process removes it. The time of the last use is kept for the
//! removal.
//!
//! All locks are bytes of one file (`F_OFD_SETLK`, fcntl(2)). They cost no descriptor
//! each, and they end with their process, however that ends.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use sha2::{Digest, Sha256};

use super::manifest;

/// The file in the cache with the locks.
pub const IN_USE: &str = "in-use";

/// How old the recorded time of the last use may be.
const FRESH: Duration = Duration::from_secs(60);

/// A holder of locks: a process that looks things up, or one that removes them.
#[derive(Debug)]
pub struct Uses(Option<File>);

impl Uses {
    /// If nothing can be written, nothing can be removed either, so no lock is needed.
    pub fn of(cache: &Path) -> Uses {
        let path = cache.join(IN_USE);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        Uses(open.or_else(|_| File::open(path)).ok())
    }

    /// The same for a cache that is only read.
    pub fn of_others(cache: &Path) -> Uses {
        Uses(File::open(cache.join(IN_USE)).ok())
    }

    /// Keeps a thing from being removed as long as this lives.
    pub fn hold(&self, kind: &str, name: &str) {
        let Some(file) = &self.0 else { return };
        let lock = lock(libc::F_RDLCK, kind, name);
        // If the thing is being removed, this waits for a moment. Without locks, as on
        // some file systems, nothing is removed either.
        while fcntl(file, FcntlArg::F_OFD_SETLKW(&lock)) == Err(Errno::EINTR) {}
    }

    /// Makes all other processes that look a thing up wait. Returns `None` if a process
    /// uses it.
    pub fn take(&self, kind: &str, name: &str) -> Option<Taken<'_>> {
        let file = self.0.as_ref()?;
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock(libc::F_WRLCK, kind, name))).ok()?;
        Some(Taken { file, free: lock(libc::F_UNLCK, kind, name) })
    }
}

/// A lock on the byte for a thing.
fn lock(what: libc::c_int, kind: &str, name: &str) -> libc::flock {
    let hash = Sha256::digest(format!("{kind}/{name}"));
    let byte = hash.iter().take(7).fold(0, |byte, part| byte << 8 | i64::from(*part));
    libc::flock {
        l_type: what as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: byte,
        l_len: 1,
        l_pid: 0,
    }
}

/// A thing that no process uses or can start to use.
pub struct Taken<'a> {
    file: &'a File,
    free: libc::flock,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // Closing the file releases the lock as well.
        let _ = fcntl(self.file, FcntlArg::F_OFD_SETLK(&self.free));
    }
}

/// Records that an entry is used now. If that cannot be written, it is ignored.
pub fn note(entry: &Path) {
    let path = entry.join(manifest::NAME);
    if last(entry).is_ok_and(|time| !is_within(time, FRESH)) {
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// The time of the last use: that of an entry's manifest, or that of any other file or
/// folder itself.
pub fn last(path: &Path) -> io::Result<SystemTime> {
    let entry = fs::metadata(path.join(manifest::NAME));
    entry.or_else(|_| fs::symlink_metadata(path))?.modified()
}

/// Whether a time is at most `ago` in the past. A time in the future does not count.
pub fn is_within(time: SystemTime, ago: Duration) -> bool {
    time.elapsed().is_ok_and(|elapsed| elapsed < ago)
}
