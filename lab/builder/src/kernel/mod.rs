//! The lab's kernel: from source to an image that QEMU can start.
//!
//! ```text
//! source → tinyconfig + fragments → olddefconfig → check → make → prune
//! ```
//!
//! The kernel has no patches and no modules of its own, and is not installed. An unpacked
//! source takes 1.7 GB in the cache, a built kernel 27 MB and a debug kernel 110 MB. A
//! build needs ten times that while it runs.

mod addition;
mod archive;
mod compiler;
mod config;
mod debian;
mod download;
mod error;
pub mod functions;
pub mod headers;
mod make;
pub mod missing;
mod pinned;
mod place;
mod prune;
mod source;

use fs_err as fs;
use std::path::{Path, PathBuf};

use process::Command;
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Key, KeyBuilder};
use crate::pack;
use crate::progress::Progress;

pub use addition::{Addition, Additions};
pub use compiler::{Compiler, Optimize};
pub use error::{KernelError, Unmet};
pub use make::environment;
pub use source::Source;

use make::Make;

/// A built kernel.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// The stripped `vmlinux` for QEMU's `-kernel`, which starts it through PVH.
    pub image: PathBuf,
    /// Names and addresses of the kernel's functions.
    pub system_map: PathBuf,
    /// The release as uname(1) prints it, such as `6.12.117`.
    pub release: String,
    /// The build folder for modules: `make -C SOURCE O=BUILD_DIR M=…`. It also has the
    /// `vmlinux` with symbols, for gdb.
    pub build_dir: PathBuf,
    /// The source of the kernel.
    pub source: Source,
    /// The compiler of the kernel and of its modules.
    pub compiler: Compiler,
    /// The hash of everything that the kernel was built from.
    pub key: Key,
}

/// A person's choices about the kernel.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The person's own kernel source: a folder, or an archive with its checksum.
    pub source: Option<PathBuf>,
    /// How many compilers may run at the same time.
    pub jobs: usize,
    pub kind: Kind,
    pub with: Additions,
    pub compiler: Compiler,
    pub optimize: Optimize,
}

impl Options {
    /// The configuration fragments. Later ones override earlier ones.
    pub fn fragments(&self) -> Vec<PathBuf> {
        let mut fragments = fragments(self.kind, &self.with);
        match self.optimize {
            Optimize::Size => {}
            Optimize::Speed => fragments.push(image("speed.fragment")),
        }
        fragments
    }
}

/// The kinds of kernel that the lab has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The kernel on which lessons run and their times are measured.
    #[default]
    Lesson,
    /// The same kernel with detectors for mistakes in modules, debug information and
    /// gdb's scripts.
    Debug,
}

/// The configuration fragments of a kernel. Later ones override earlier ones.
pub fn fragments(kind: Kind, with: &Additions) -> Vec<PathBuf> {
    fragment_files(kind, with).iter().map(|name| image(name)).collect()
}

/// The same fragments, by their names in `images/`.
pub fn fragment_files(kind: Kind, with: &Additions) -> Vec<String> {
    let own: &[&str] = match kind {
        Kind::Lesson => &["kernel.fragment"],
        Kind::Debug => &["kernel.fragment", "debug.fragment"],
    };
    let own = own.iter().map(|&name| name.to_owned());
    own.chain(with.iter().map(|addition| addition.file())).collect()
}

impl Kind {
    /// Guest memory, MiB.
    pub fn memory_mib(self) -> u32 {
        match self {
            Kind::Lesson => 64,
            // KASAN's shadow takes an eighth. Records of kmemleak and lockdep take much
            // of the rest.
            Kind::Debug => 256,
        }
    }

    /// The factor by which a lesson may take more time, on the guest's clock and the
    /// host's, than on [`Kind::Lesson`].
    ///
    /// The guest's clock counts instructions. The debug kernel executes two to five times
    /// as many in a lesson, and then searches for leaked memory.
    pub fn patience(self) -> u32 {
        match self {
            Kind::Lesson => 1,
            Kind::Debug => 10,
        }
    }
}

/// The path of a file in `images/`.
fn image(name: &str) -> PathBuf {
    crate::root().join("images").join(name)
}

/// Returns the kernel with these options and fragments if it is already built. Runs the
/// compiler for its version and otherwise only looks at files. For a person's own source
/// folder, that means every file in it.
pub fn find(
    cache: &Cache,
    options: &Options,
    fragments: &[PathBuf],
) -> Result<Option<Kernel>, KernelError> {
    let Some(source) = source::find(cache, options.source.as_deref())? else {
        return with_headers(cache, options, fragments);
    };
    of_source(cache, source, options, fragments)
}

/// The kernel of a source, if it is already built.
fn of_source(
    cache: &Cache,
    source: Source,
    options: &Options,
    fragments: &[PathBuf],
) -> Result<Option<Kernel>, KernelError> {
    let key = key(cache, &source, options, fragments)?;
    match cache.find(KIND, &key) {
        Some(entry) => Ok(Some(Kernel::of(&entry, source, options, key)?)),
        None => Ok(None),
    }
}

/// The kernel, if it is already built and what modules need of its source is there.
fn with_headers(
    cache: &Cache,
    options: &Options,
    fragments: &[PathBuf],
) -> Result<Option<Kernel>, KernelError> {
    if options.source.is_some() {
        return Ok(None);
    }
    for headers in headers::all(cache)? {
        if let Some(kernel) = of_source(cache, headers, options, fragments)? {
            return Ok(Some(kernel));
        }
    }
    Ok(None)
}

/// Returns the kernel with these options and fragments, and builds it if the cache does
/// not have it. In a pack, none is built unless a person gives its source. Later fragments override earlier ones.
pub fn build(
    cache: &Cache,
    options: &Options,
    fragments: &[PathBuf],
    progress: &dyn Progress,
) -> Result<Kernel, KernelError> {
    if pack::here().is_some() && options.source.is_none() {
        let packed = with_headers(cache, options, fragments)?;
        return packed.ok_or(KernelError::NotPacked);
    }
    // Check this before anything is downloaded.
    let own = options.source.as_deref().filter(|source| source.is_dir());
    [Some(cache.root()), own].into_iter().flatten().try_for_each(place::check)?;
    let source = source::get(cache, options.source.as_deref(), progress)?;
    let key = key(cache, &source, options, fragments)?;
    let entry = cache.entry(KIND, &key, progress, |folder| {
        let with: Vec<_> = options.with.iter().map(|addition| addition.name()).collect();
        let with =
            if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
        progress.note(&format!("building Linux {}{with} from {}", source.version, source.origin));
        let log = log_path(cache, &key)?;
        let build = folder.join(BUILD);
        let make = Make::new(&source.dir, &build, options, log, progress)?;
        make_kernel(make, fragments, source.own)?;
        finish(folder)
    })?;
    Kernel::of(&entry, source, options, key)
}

/// The kind of the cache's entries.
const KIND: &str = "kernel";

/// File names in an entry.
const IMAGE: &str = "vmlinux.stripped";
const SYSTEM_MAP: &str = "System.map";
const BUILD: &str = "build";

impl Kernel {
    fn of(
        entry: &Path,
        source: Source,
        options: &Options,
        key: Key,
    ) -> Result<Kernel, KernelError> {
        let build_dir = entry.join(BUILD);
        let release = fs::read_to_string(build_dir.join("include/config/kernel.release"))?;
        Ok(Kernel {
            image: entry.join(IMAGE),
            system_map: entry.join(SYSTEM_MAP),
            release: release.trim().to_owned(),
            build_dir,
            source,
            compiler: options.compiler.clone(),
            key,
        })
    }
}

/// The hash of everything that affects a kernel. The number of jobs and the fragments'
/// comments are not part of it, because they change nothing.
fn key(
    cache: &Cache,
    source: &Source,
    options: &Options,
    fragments: &[PathBuf],
) -> Result<Key, KernelError> {
    let key = Key::builder("kernel")
        .text("source", &source.identity)
        .text("compiler", &options.compiler.of_kernel(cache)?)
        .text("make", &make::identity())
        .text("debug", if options.kind == Kind::Debug { "yes" } else { "no" });
    Ok(add_configuration(key, fragments)?.finish())
}

/// Adds the symbols that fragments set to a key.
pub fn add_configuration(
    mut key: KeyBuilder,
    fragments: &[PathBuf],
) -> Result<KeyBuilder, KernelError> {
    for (symbol, value) in config::read(fragments)? {
        key = key.text(&symbol, &value);
    }
    Ok(key)
}

/// Where a build's output is kept, whether the build fails or not.
fn log_path(cache: &Cache, key: &Key) -> Result<PathBuf, KernelError> {
    let folder = cache.root().join("logs");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("kernel-{key}.log")))
}

/// Configures, checks and compiles. A person's own source may not know all symbols, so
/// the symbols that it refuses are only reported.
fn make_kernel(make: Make<'_>, fragments: &[PathBuf], own: bool) -> Result<(), KernelError> {
    fs::create_dir_all(make.build)?;
    let wanted = config::read(fragments)?;
    make.run(&["tinyconfig"])?;
    config::append(&make.build.join(".config"), fragments)?;
    make.run(&["olddefconfig"])?;
    let config = make.build.join(".config");
    if own {
        for unmet in config::unmet(&wanted, &config)? {
            make.progress.note(&format!("not possible with this kernel: {unmet}"));
        }
    } else {
        config::check(&wanted, make.source, &config)?;
    }
    // `modules` creates the list of symbols that modules may use.
    make.run(&["vmlinux", "modules"])?;
    if make.options.kind == Kind::Debug { make.run(&["scripts_gdb"]) } else { Ok(()) }
}

/// Takes what the lab needs out of a build and deletes most of the rest.
fn finish(folder: &Path) -> Result<(), KernelError> {
    let build = folder.join(BUILD);
    let image = folder.join(IMAGE);
    let mut strip = Command::new("strip");
    strip.arg("--strip-all").arg("-o").arg(&image).arg(build.join("vmlinux"));
    let strip = strip
        .status()
        .map_err(|source| KernelError::Start { program: "strip".to_owned(), source })?;
    if !strip.success() {
        return Err(KernelError::Strip { path: image, status: strip });
    }
    fs::copy(build.join(SYSTEM_MAP), folder.join(SYSTEM_MAP))?;
    prune::prune(&build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_is_another_kernel_and_another_comment_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let fragment = folder.path().join("fragment");
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        let source = Source {
            dir: folder.path().to_owned(),
            version: "6.12.1".to_owned(),
            origin: String::new(),
            identity: "source".to_owned(),
            own: false,
        };
        let key_of = |text: &str| {
            fs::write(&fragment, text).unwrap();
            key(&cache, &source, &Options::default(), std::slice::from_ref(&fragment)).unwrap()
        };
        let before = key_of("CONFIG_PCI=y\n");
        assert_ne!(key_of("CONFIG_PCI=n\n"), before);
        assert_ne!(key_of("CONFIG_PCI=y\nCONFIG_SMP=y\n"), before);
        assert_eq!(key_of("# Buses.\nCONFIG_PCI=y\n"), before);
    }

    #[test]
    fn optimised_otherwise_is_another_configuration() {
        let usual = Options::default().fragments();
        let speed = Options { optimize: Optimize::Speed, ..Options::default() }.fragments();
        let [usual, speed] = [usual, speed].map(|files| config::read(&files).unwrap());
        let symbol = |values: &config::Values, name: &str| values.get(name).cloned();
        let speed_for = |name| symbol(&speed, &format!("CONFIG_CC_OPTIMIZE_FOR_{name}"));
        assert_eq!(symbol(&usual, "CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE"), None);
        assert_eq!(speed_for("PERFORMANCE").unwrap(), "y");
        assert_eq!(speed_for("SIZE").unwrap(), "n");
    }

    #[test]
    fn additions_are_another_kernel_in_either_order() {
        let with = |additions: &[Addition]| {
            let with = additions.iter().copied().collect();
            config::read(&Options { with, ..Options::default() }.fragments()).unwrap()
        };
        let [usual, input, both] =
            [with(&[]), with(&[Addition::Input]), with(&[Addition::Input, Addition::Block])];
        assert_eq!(usual["CONFIG_INPUT"], "n");
        assert_eq!(input["CONFIG_INPUT"], "y");
        assert_eq!(input.get("CONFIG_BLOCK"), None);
        for symbol in ["CONFIG_BLOCK", "CONFIG_INPUT"] {
            assert_eq!(both[symbol], "y");
        }
        assert_eq!(both, with(&[Addition::Block, Addition::Input, Addition::Block]));
    }

    #[test]
    fn neither_place_nor_version_nor_jobs_change_a_byte() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let source = Source {
            dir: PathBuf::from("/nowhere"),
            version: "6.12.1".to_owned(),
            origin: String::new(),
            identity: "source".to_owned(),
            own: false,
        };
        let key_with = |source: &Source, jobs, kind| {
            key(&cache, source, &Options { jobs, kind, ..Options::default() }, &[]).unwrap()
        };
        let key_of = |jobs, kind| key_with(&source, jobs, kind);
        let elsewhere = Source {
            dir: PathBuf::from("/elsewhere"),
            version: "6.12.2".to_owned(),
            origin: "another".to_owned(),
            ..source.clone()
        };
        assert_eq!(key_with(&elsewhere, 1, Kind::Lesson), key_of(1, Kind::Lesson));
        let other = Source { identity: "other".to_owned(), ..source.clone() };
        assert_ne!(key_with(&other, 1, Kind::Lesson), key_of(1, Kind::Lesson));
        assert_eq!(key_of(1, Kind::Lesson), key_of(8, Kind::Lesson));
        assert_ne!(key_of(1, Kind::Lesson), key_of(1, Kind::Debug));
    }
}
