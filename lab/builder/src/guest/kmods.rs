//! Kernel modules: a folder of `kmods/`, built against the lab's kernel.

use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;
use host::{HostError, MAKE};
use process::{Command, Output};
use protocol::GuestFile;
use tempfile::TempDir;

use crate::cache::{Cache, CacheError, Key, KeyBuilder, is_an_editors};
use crate::host::toolchain::LD;
use crate::kernel::{self, Kernel, KernelError};
use crate::pack;
use crate::progress::Progress;

/// The folder of headers that modules share with each other and with user space.
pub const INCLUDE: &str = "include";

/// Why a module could not be built.
#[derive(Debug, thiserror::Error)]
pub enum KmodError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Kernel(#[from] KernelError),
    #[error("failed to build the module `{kmod}`")]
    Compile {
        kmod: String,
        /// The whole output of make and the compiler.
        output: String,
    },
    #[error("failed to build `{}`: it has neither a Kbuild nor a Makefile", folder.display())]
    NoKbuild { folder: PathBuf },
    #[error("failed to run make: {0}")]
    Make(#[source] std::io::Error),
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl Explain for KmodError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            KmodError::NoKbuild { .. } => ExitStatus::Usage,
            KmodError::Host(error) => error.exit_status(),
            KmodError::Kernel(error) => error.exit_status(),
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            KmodError::Host(error) => error.hint(),
            KmodError::Kernel(error) => error.hint(),
            _ => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            KmodError::Compile { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// The module that declares the lab's own trace events.
pub const TRACE: &str = "trace";

/// The file name of a module: `lab_kill_pid.ko` for the folder `kill_pid`. The prefix
/// avoids collisions with the kernel's own modules.
pub fn module_file(kmod: &str) -> GuestFile {
    GuestFile::of_module(&format!("lab_{kmod}"))
}

/// The file in which make lists a module's exported symbols, for the build of other
/// modules.
const SYMVERS: &str = "Module.symvers";

/// Builds the module in the folder `kmods/<kmod>` below `root`, unless the cache has it.
/// Returns the `.ko`.
///
/// Warnings are errors, and `W=1` is on.
pub fn build(
    root: &Path,
    kmod: &str,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<PathBuf, KmodError> {
    let kmods = root.join("kmods");
    let key = Key::builder("kmod").text("kernel", &kernel.key.to_string());
    let mut key = sources(root, kmod, key)?;
    let mut symbols = None;
    if kmod != TRACE {
        let trace = trace_symbols(root, kernel, cache, progress)?;
        key = key.file(SYMVERS, &trace)?;
        symbols = Some(trace);
    }
    let entry = entry(kernel, cache, key, progress, |target| {
        let _stage = progress.begin_at("module", kmod);
        compile(&kmods, kmod, kernel, symbols.as_deref(), target)
    })?;
    Ok(entry.join(module_file(kmod).as_str()))
}

/// The kind of the cache's entries.
const KIND: &str = "kmods";

/// The folder of an entry. A pack's modules are used as they are; what is compiled in a
/// pack depends on this host's compiler besides.
pub(super) fn entry(
    kernel: &Kernel,
    cache: &Cache,
    key: KeyBuilder,
    progress: &dyn Progress,
    build: impl FnOnce(&Path) -> Result<(), KmodError>,
) -> Result<PathBuf, KmodError> {
    if pack::here().is_some()
        && let Some(entry) = cache.find(KIND, &key.clone().finish())
    {
        return Ok(entry);
    }
    cache.entry(KIND, &compiled_here(kernel, cache, key)?.finish(), progress, build)
}

/// Adds this host's compiler to the key of a module, if the kernel's need not be the same,
/// as in a pack.
pub fn compiled_here(
    kernel: &Kernel,
    cache: &Cache,
    key: KeyBuilder,
) -> Result<KeyBuilder, KmodError> {
    if pack::here().is_none() {
        return Ok(key);
    }
    // A pack works on a host that has none of them, as long as it compiles no module.
    ::host::require(&[MAKE, &kernel.compiler.program(), LD])?;
    Ok(key.text("compiled by", &kernel.compiler.here(cache)?))
}

/// Adds the lab's own sources of a module: its folder and the shared headers.
pub fn sources(root: &Path, kmod: &str, key: KeyBuilder) -> Result<KeyBuilder, CacheError> {
    let kmods = root.join("kmods");
    key.tree("include", &kmods.join(INCLUDE))?.tree(kmod, &kmods.join(kmod))
}

/// The file with the trace module's exported symbols, for the build of other modules.
pub fn trace_symbols(
    root: &Path,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<PathBuf, KmodError> {
    Ok(build(root, TRACE, kernel, cache, progress)?.with_file_name(SYMVERS))
}

/// make's arguments to build the module in a folder below `root`. The location of `root`
/// must not appear in the module. `symbols` lists the exports of other modules.
pub fn make_arguments(
    kernel: &Kernel,
    module_dir: &Path,
    root: &Path,
    symbols: &Path,
    flags: &str,
) -> Vec<String> {
    let mut arguments = vec![
        // Both may have been moved since the kernel was built, so the build's own record
        // of its source is ignored.
        "-C".to_owned(),
        kernel.source.dir.display().to_string(),
        format!("O={}", kernel.build_dir.display()),
        format!("M={}", module_dir.display()),
        format!("KCFLAGS=-fmacro-prefix-map={}/= {flags}", root.display()),
        format!("KBUILD_EXTRA_SYMBOLS={}", symbols.display()),
        "modules".to_owned(),
    ];
    arguments.extend(kernel.compiler.make_variable());
    arguments
}

/// The file in a cache entry that lists its modules in loading order, which is that of
/// the folder's `obj-m`.
const ORDER: &str = "modules.order";

/// Builds the modules of any folder with a Kbuild or Makefile, unless the cache has them.
/// Returns each `.ko`, in the order of the folder's `obj-m`.
///
/// Warnings are left to the author: none of them is an error.
pub fn build_folder(
    folder: &Path,
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, KmodError> {
    let name = folder.display().to_string();
    if !["Kbuild", "Makefile"].iter().any(|file| folder.join(file).is_file()) {
        return Err(KmodError::NoKbuild { folder: folder.to_owned() });
    }
    let key = Key::builder("kmod-folder")
        .text("kernel", &kernel.key.to_string())
        .tree("source", folder)?;
    let entry = entry(kernel, cache, key, progress, |target| {
        let _stage = progress.begin_at("module", &name);
        compile_folder(folder, kernel, target)
    })?;
    let list = fs::read_to_string(entry.join(ORDER))?;
    Ok(list.lines().map(|file| entry.join(file)).collect())
}

/// A folder to compile in, below the cache's `target`. make cannot handle every path that
/// TMPDIR may have, and the cache's path was checked.
pub fn workplace(target: &Path) -> std::io::Result<TempDir> {
    tempfile::tempdir_in(target)
}

fn compile_folder(folder: &Path, kernel: &Kernel, target: &Path) -> Result<(), KmodError> {
    let build = workplace(target)?;
    copy_folder(folder, build.path())?;
    let arguments = make_arguments(kernel, build.path(), build.path(), Path::new(""), "");
    let output = make(&arguments, build.path())?;
    let kmod = folder.display().to_string();
    if !output.ended.status.success() {
        let output = String::from_utf8_lossy(&output.stderr)
            .replace(&build.path().display().to_string(), &kmod);
        return Err(KmodError::Compile { kmod, output });
    }
    let built = fs::read_to_string(build.path().join(ORDER))?;
    let mut names = String::new();
    // Each line names a module's object, and the module is next to it.
    for module in built.lines().map(|line| build.path().join(line).with_extension("ko")) {
        let name = module.file_name().unwrap_or_default();
        fs::copy(&module, target.join(name))?;
        names += &format!("{}\n", name.to_string_lossy());
    }
    Ok(fs::write(target.join(ORDER), names)?)
}

/// Runs make with a folder for temporary files.
pub(super) fn make(arguments: &[String], temporary: &Path) -> Result<Output, KmodError> {
    let mut make = Command::new("make");
    make.args(arguments).env_clear().envs(kernel::environment(temporary));
    make.output().map_err(KmodError::Make)
}

/// Builds in a copy, because make leaves its own files next to the sources. `symbols`
/// lists the exports of the trace module, for the other modules.
fn compile(
    kmods: &Path,
    kmod: &str,
    kernel: &Kernel,
    symbols: Option<&Path>,
    target: &Path,
) -> Result<(), KmodError> {
    let build = workplace(target)?;
    for folder in [INCLUDE, kmod] {
        copy_folder(&kmods.join(folder), &build.path().join(folder))?;
    }
    let module_dir = build.path().join(kmod);
    let symbols = symbols.unwrap_or(Path::new(""));
    let mut arguments = make_arguments(kernel, &module_dir, build.path(), symbols, "-Werror");
    arguments.push("W=1".to_owned());
    let output = make(&arguments, build.path())?;
    if !output.ended.status.success() {
        let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
        // Messages name the copy, but the person edits the original.
        text = text.replace(&format!("{}/", build.path().display()), "kmods/");
        return Err(KmodError::Compile { kmod: kmod.to_owned(), output: text });
    }
    for name in [module_file(kmod).as_str(), SYMVERS] {
        fs::copy(module_dir.join(name), target.join(name))?;
    }
    Ok(())
}

/// Copies a folder with everything that a build may depend on, which does not include
/// editors' files.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if is_an_editors(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
