//! Locks that last as long as any process writes to what they protect, and the terminal
//! that keepers restore.
//!
//! A killed lab loses its own lock at once, while its programs may still run for a
//! moment. Their keepers hold the lock too.

use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard};

/// The descriptors that every keeper keeps open.
static HELD: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A file that stays locked until this is dropped. If the lab is killed, the file stays
/// locked until everything that the lab started has ended.
#[derive(Debug)]
pub struct Held(File);

impl Held {
    /// Takes a file that this process has locked, or that keepers need.
    pub fn new(locked: File) -> Held {
        all().push(locked.as_raw_fd());
        Held(locked)
    }

    pub fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        all().retain(|&fd| fd != self.0.as_raw_fd());
        // Keepers of other programs have the file open too. At worst, an error here
        // delays the unlock until those keepers end.
        let _ = self.0.unlock();
    }
}

/// While the result is borrowed, no other thread closes one of these descriptors or
/// starts a keeper.
pub fn all() -> MutexGuard<'static, Vec<RawFd>> {
    HELD.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
