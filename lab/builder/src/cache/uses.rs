//! Who uses what. What a process has looked up is locked until it ends, so that nobody
//! removes it; and the time of its last use is kept for those who want to.
//!
//! All locks are bytes of one file (`F_OFD_SETLK`, fcntl(2)): they cost no descriptor
//! each, and go with their process however that ends.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use sha2::{Digest, Sha256};

use super::manifest;

/// The file in the cache.
pub const IN_USE: &str = "in-use";

/// How old a note of the last use may be.
const FRESH: Duration = Duration::from_secs(60);

/// One party to the locks: a process that looks things up, or one that removes them.
#[derive(Debug)]
pub struct Uses(Option<File>);

impl Uses {
    /// Where nothing can be written nothing can be removed, and no lock is needed.
    pub fn of(cache: &Path) -> Uses {
        let path = cache.join(IN_USE);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        Uses(open.or_else(|_| File::open(path)).ok())
    }

    /// Keeps a thing from being removed as long as this lives.
    pub fn hold(&self, kind: &str, name: &str) {
        let Some(file) = &self.0 else { return };
        let lock = lock(libc::F_RDLCK, kind, name);
        // One that is being removed is so for a moment. Without locks, as on some file
        // systems, nobody removes anything either.
        while fcntl(file, FcntlArg::F_OFD_SETLKW(&lock)) == Err(Errno::EINTR) {}
    }

    /// Has everybody else who looks a thing up wait; `None` where somebody uses it.
    pub fn take(&self, kind: &str, name: &str) -> Option<Taken<'_>> {
        let file = self.0.as_ref()?;
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock(libc::F_WRLCK, kind, name))).ok()?;
        Some(Taken { file, free: lock(libc::F_UNLCK, kind, name) })
    }
}

/// A lock of the byte that stands for a thing.
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

/// A thing that nobody uses, and nobody can begin to.
pub struct Taken<'a> {
    file: &'a File,
    free: libc::flock,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // Closing the file frees it as well.
        let _ = fcntl(self.file, FcntlArg::F_OFD_SETLK(&self.free));
    }
}

/// Notes that an entry is used now. Where that cannot be written, it is not kept.
pub fn note(entry: &Path) {
    let path = entry.join(manifest::NAME);
    if last(entry).is_ok_and(|time| !is_within(time, FRESH)) {
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// When something was last used: an entry's manifest has the time, as any other file
/// or folder has of itself.
pub fn last(path: &Path) -> io::Result<SystemTime> {
    let entry = fs::metadata(path.join(manifest::NAME));
    entry.or_else(|_| fs::symlink_metadata(path))?.modified()
}

/// Whether a time is no longer ago than this. One to come is none that was noted.
pub fn is_within(time: SystemTime, ago: Duration) -> bool {
    time.elapsed().is_ok_and(|elapsed| elapsed < ago)
}
