//! Kernel modules: a folder of `kmods/`, built against the lab's kernel.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use crate::cache::{Cache, CacheError, Key};
use crate::kernel::Kernel;
use crate::lesson::module_file;
use crate::progress::{Event, Progress};

/// Headers that modules share, with one another and with user space.
pub const INCLUDE: &str = "include";

/// Why a module could not be built.
#[derive(Debug, thiserror::Error)]
pub enum KmodError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to build the module `{kmod}`")]
    Compile {
        kmod: String,
        /// What make and the compiler printed, whole.
        output: String,
    },
    #[error("failed to run make: {0}")]
    Make(#[source] xshell::Error),
    #[error("failed to copy `{}`: {source}", path.display())]
    Copy { path: PathBuf, source: std::io::Error },
}

/// The module that declares the lab's own trace event, which others may emit.
const TRACE: &str = "trace";

/// What a module exports, as make leaves it for the build of others.
const SYMVERS: &str = "Module.symvers";

/// Builds the module of the folder `kmods/<kmod>` below `root`, unless the
/// cache has it; returns the `.ko`.
///
/// Warnings are errors: `W=1` is on.
pub fn build(
    root: &Path,
    kmod: &str,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<PathBuf, KmodError> {
    let kmods = root.join("kmods");
    let mut key = Key::builder("kmod")
        .text("kernel", &kernel.key.to_string())
        .tree("include", &kmods.join(INCLUDE))?
        .tree(kmod, &kmods.join(kmod))?;
    let mut symbols = None;
    if kmod != TRACE {
        let trace = trace_symbols(root, kernel, cache, progress)?;
        key = key.file(SYMVERS, &trace)?;
        symbols = Some(trace);
    }
    let entry = cache.entry("kmods", &key.finish(), progress, |target| {
        progress.event(Event::Begin { stage: "module", total: None });
        progress.event(Event::Step { done: 0, detail: kmod });
        let result = compile(&kmods, kmod, kernel, symbols.as_deref(), target);
        progress.event(Event::End);
        result
    })?;
    Ok(entry.join(module_file(kmod)))
}

/// What the trace module exports, as a file for the build of other modules.
pub fn trace_symbols(
    root: &Path,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<PathBuf, KmodError> {
    Ok(build(root, TRACE, kernel, cache, progress)?.with_file_name(SYMVERS))
}

/// What make is told to build the module in a folder, below `root`, whose place
/// must not show in the module. `symbols` is what other modules export.
pub fn make_arguments(
    kernel: &Kernel,
    module_dir: &Path,
    root: &Path,
    symbols: &Path,
    flags: &str,
) -> Vec<String> {
    vec![
        "-C".to_owned(),
        kernel.build_dir.display().to_string(),
        format!("M={}", module_dir.display()),
        format!("KCFLAGS=-fmacro-prefix-map={}/= {flags}", root.display()),
        format!("KBUILD_EXTRA_SYMBOLS={}", symbols.display()),
        "modules".to_owned(),
    ]
}

/// Builds a copy: make leaves its own files beside the sources. `symbols` is
/// what the trace module exports, for the others.
fn compile(
    kmods: &Path,
    kmod: &str,
    kernel: &Kernel,
    symbols: Option<&Path>,
    target: &Path,
) -> Result<(), KmodError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| KmodError::Copy { path, source }
    };
    let build = tempfile::tempdir().map_err(failed(Path::new("a temporary folder")))?;
    for folder in [INCLUDE, kmod] {
        copy_folder(&kmods.join(folder), &build.path().join(folder))
            .map_err(failed(&kmods.join(folder)))?;
    }
    let sh = Shell::new().map_err(KmodError::Make)?;
    let module_dir = build.path().join(kmod);
    let symbols = symbols.unwrap_or(Path::new(""));
    let arguments = make_arguments(kernel, &module_dir, build.path(), symbols, "-Werror");
    let output = cmd!(sh, "make W=1 {arguments...}")
        .env("KBUILD_BUILD_TIMESTAMP", "@0")
        .quiet()
        .ignore_status()
        .output()
        .map_err(KmodError::Make)?;
    if !output.status.success() {
        let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
        // Messages name the copy; the person edits the original.
        text = text.replace(&format!("{}/", build.path().display()), "kmods/");
        return Err(KmodError::Compile { kmod: kmod.to_owned(), output: text });
    }
    for name in [module_file(kmod).as_str(), SYMVERS] {
        let file = module_dir.join(name);
        std::fs::copy(&file, target.join(name)).map_err(failed(&file))?;
    }
    Ok(())
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
