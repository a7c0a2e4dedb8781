//! What modules need of a kernel's source: its headers, its scripts and its Makefiles. A
//! twentieth of the source, so a pack carries this instead.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::source::{self, RECORD};
use super::{KernelError, Source};
use crate::cache::{Cache, Listing};
use crate::progress::Progress;

/// The kind of the cache's entries. They have the keys of their sources.
const KIND: &str = "kernel-headers";

/// The folders that modules need. Their symbolic links are for other targets.
const FOLDERS: [&str; 3] = ["include", "scripts", "arch/x86/include"];

/// A folder of those that no module on x86-64 includes.
const UNUSED: &str = "include/dt-bindings";

/// The files that modules need besides.
const FILES: [&str; 5] =
    ["Makefile", "Kbuild", "arch/x86/Makefile", "arch/x86/Makefile_32.cpu", RECORD];

/// The headers of a source that the lab took by itself. `None` if the source is a
/// person's own.
pub fn of(
    cache: &Cache,
    source: &Source,
    progress: &dyn Progress,
) -> Result<Option<PathBuf>, KernelError> {
    let key = source::keys().find(|key| {
        source.dir.file_name().is_some_and(|name| name.to_string_lossy() == key.to_string())
    });
    let Some(key) = key.filter(|_| !source.own) else { return Ok(None) };
    let entry = cache.entry_listing(KIND, &key, Listing::Top, progress, |entry| {
        for folder in FOLDERS {
            copy(&source.dir, folder, entry)?;
        }
        for file in FILES {
            fs::copy(source.dir.join(file), entry.join(file))?;
        }
        Ok::<(), KernelError>(())
    })?;
    Ok(Some(entry))
}

/// The headers in the cache, each as the source that it belongs to.
pub fn all(cache: &Cache) -> Result<Vec<Source>, KernelError> {
    let entries = source::keys().filter_map(|key| cache.find(KIND, &key));
    entries.map(|entry| Source::read(entry, false)).collect()
}

/// Copies a folder's files, by the folder's name in the source.
fn copy(from: &Path, name: &str, to: &Path) -> Result<(), KernelError> {
    fs::create_dir_all(to.join(name))?;
    for entry in fs::read_dir(from.join(name))? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() && name != UNUSED {
            copy(from, &name, to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
