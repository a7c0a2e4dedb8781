//! Other people's kernel modules: any folder with a Kbuild or Makefile.
//!
//! A Makefile is a program. It runs in the [sandbox](crate::sandbox), on a copy of the
//! folder and of the [source files that it names outside](named). Only make knows what a
//! build depends on, so make is run each time. The [copy](copy) is kept, so that
//! unchanged files are not built again. The environment has only a path and the variables
//! that make builds repeatable.

mod copy;
mod error;
mod make;
mod mentions;
mod named;
mod parts;
mod products;
mod site;

use std::path::{Path, PathBuf};

use fs_err as fs;

pub use self::error::KmodFolderError;
use self::site::Site;
use crate::cache::{Cache, Key};
use crate::kernel::Kernel;
use crate::progress::Progress;

/// How far a folder's Makefile is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// It runs in the sandbox.
    #[default]
    Sandboxed,
    /// It has the person's rights.
    Full,
}

/// The modules of a folder.
#[derive(Debug)]
pub struct Built {
    /// In an order in which they can be loaded: that of `obj-m`, except that no module
    /// comes before one that it needs.
    pub modules: Vec<PathBuf>,
    /// Modules that could not be built although others could.
    pub failed: Vec<Failed>,
}

/// A module that could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its path in the folder, without an extension.
    pub module: String,
    pub reason: String,
}

/// Builds the modules of a folder.
///
/// Warnings are left to the author: none of them is an error.
pub fn build(
    folder: &Path,
    trust: Trust,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Built, KmodFolderError> {
    let real = folder
        .canonicalize()
        .map_err(|source| KmodFolderError::Read { folder: folder.to_owned(), source })?;
    if !["Kbuild", "Makefile"].iter().any(|file| real.join(file).is_file()) {
        return Err(KmodFolderError::NoKbuild { folder: folder.to_owned() });
    }
    let key = Key::builder("kmod-build")
        .text("kernel", &kernel.key.to_string())
        .bytes("folder", real.as_os_str().as_encoded_bytes())
        .text("trust", &format!("{trust:?}"))
        .finish();
    let kept = cache.kept("kmod-builds", &key, progress)?;
    let mut site = Site::new(folder, real, trust, kernel, &kept)?;
    // If nothing has changed, there is probably nothing to build.
    let shown = folder.display().to_string();
    let stage = site.has_changed.then(|| progress.begin_at("module", &shown));
    let built = site.build()?;
    drop(stage);
    site.finish()?;
    Ok(Built { modules: keep(&built.modules, cache, progress)?, ..built })
}

/// Copies modules to a place where nothing changes them.
fn keep(
    modules: &[PathBuf],
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, KmodFolderError> {
    let mut kept = Vec::new();
    for module in modules {
        let name = module.file_name().unwrap_or_default();
        let key = Key::builder("kmod-built").file(&name.to_string_lossy(), module)?.finish();
        let entry = cache.entry("kmods", &key, progress, |target| {
            fs::copy(module, target.join(name))?;
            Ok::<(), KmodFolderError>(())
        })?;
        kept.push(entry.join(name));
    }
    Ok(kept)
}
