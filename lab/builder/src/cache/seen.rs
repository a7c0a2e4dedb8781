//! Notes what is looked up in a cache: what somebody needs who does the same elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Key;

/// The entries that were found or built.
#[derive(Debug, Default)]
pub struct Seen(Mutex<BTreeMap<(String, String), PathBuf>>);

impl Seen {
    pub(super) fn note(&self, kind: &str, key: &Key, entry: &Path) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert((kind.to_owned(), key.to_string()), entry.to_owned());
    }

    /// The folder of each entry, by its kind and key.
    pub fn entries(&self) -> BTreeMap<(String, String), PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
