//! Locks that last as long as somebody writes to what they lock, and the terminal.
//!
//! The lab's own descriptor of a lock is gone the moment it is killed, while its
//! programs may have that moment left. Their keepers hold the lock as well.

use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard};

/// Descriptors that each keeper keeps open.
static HELD: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A file that is locked until this is dropped. Should the lab be killed, it stays
/// locked until all that the lab runs is ended.
#[derive(Debug)]
pub struct Held(File);

impl Held {
    /// Of a file that this process has locked, or that keepers need.
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
        // Keepers of other programs have it open, too. That it is unlocked when
        // they end is the worst that can come of an error.
        let _ = self.0.unlock();
    }
}

/// Nobody closes one of them, and starts no keeper, as long as this is borrowed.
pub fn all() -> MutexGuard<'static, Vec<RawFd>> {
    HELD.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
