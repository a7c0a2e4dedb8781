//! Guest programs: Cargo packages, compiled to static executables.
//!
//! Built programs are kept in the cache under the hash of their sources. Cargo runs only
//! if the cache does not have them.

use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;
use process::Command;
use serde::{Deserialize, Serialize};
use xshell::{Shell, cmd};

use crate::cache::{Cache, CacheError, Kept, Key};
use crate::guest::closure::{self, ClosureError};
use crate::guest::kmods::workplace;
use crate::host::toolchain::{LINKER, Toolchain, ToolchainError};
use crate::pack;
use crate::progress::Progress;

/// Programs are linked statically, so that they need no libraries in the guest, and
/// against glibc, because one lesson is about it. The linker is the one in the key, not
/// whatever `cc` is.
pub fn flags() -> [String; 2] {
    ["-Ctarget-feature=+crt-static".to_owned(), format!("-Clinker={LINKER}")]
}

/// The environment variables that Cargo keeps for guest programs: the locations of Cargo
/// and its registry, and the network settings. Any other variable could change a program.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_NET_OFFLINE",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
];

/// The optimisation level of guest programs, one of Cargo's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptLevel(pub u8);

impl Default for OptLevel {
    /// The level of the profile `guest`.
    fn default() -> OptLevel {
        OptLevel(2)
    }
}

/// The kind of the cache's entries.
const KIND: &str = "programs";

/// The built programs of a package.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The folder that contains them.
    pub folder: PathBuf,
    /// The hash of everything that they were built from.
    pub key: Key,
}

/// Why a program could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Closure(#[from] ClosureError),
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error("failed to build `{package}`")]
    Compile {
        package: String,
        /// The compiler's whole output.
        output: String,
    },
    #[error("failed to run cargo: {0}")]
    Cargo(#[source] std::io::Error),
    #[error("failed to prepare to run cargo: {0}")]
    Shell(#[source] xshell::Error),
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl Explain for ProgramError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }

    fn details(&self) -> Option<&str> {
        match self {
            ProgramError::Compile { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// Builds all programs of a package in the workspace at `root`, unless the cache has
/// them.
///
/// `folder` is the package's folder below `root`. The package has the folder's name.
pub fn build(
    root: &Path,
    folder: &Path,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Programs, ProgramError> {
    build_at(OptLevel::default(), root, folder, cache, progress)
}

/// Like [`build`], at another optimisation level.
pub fn build_at(
    level: OptLevel,
    root: &Path,
    folder: &Path,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Programs, ProgramError> {
    let package = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // What a pack brings is used as it is, if its sources were not changed.
    if let Some(packed) = Toolchain::of_pack() {
        let key = key_at(level, &packed, root, folder)?;
        if let Some(folder) = cache.find(KIND, &key) {
            return Ok(Programs { folder, key });
        }
    }
    let toolchain = Toolchain::here(cache)?;
    let key = key_at(level, &toolchain, root, folder)?;
    let folder = cache.entry(KIND, &key, progress, |target| {
        let _stage = progress.begin_at("program", &package);
        let place = Place::at(level, root, cache, progress)?;
        compile(&place, &toolchain, &package, target)
    })?;
    Ok(Programs { folder, key })
}

/// The hash of everything that a package's programs are built from.
pub fn key(toolchain: &Toolchain, root: &Path, folder: &Path) -> Result<Key, ProgramError> {
    key_at(OptLevel::default(), toolchain, root, folder)
}

fn key_at(
    level: OptLevel,
    toolchain: &Toolchain,
    root: &Path,
    folder: &Path,
) -> Result<Key, ProgramError> {
    let key = toolchain.add(Key::builder("programs"));
    let key = key.text("flags", &flags().join("\0")).bytes("level", &[level.0]);
    Ok(closure::add(key, root, folder)?.finish())
}

/// Where Cargo works: on which workspace, in which folder, at which level. Nothing is
/// removed from the folder as long as this lives.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
    level: OptLevel,
    /// Cargo's target folder.
    built: PathBuf,
    _kept: Option<Kept>,
}

impl Place {
    /// The place for the workspace at `root`. In a pack it is in the cache, because a pack
    /// is only read.
    pub fn new(root: &Path, cache: &Cache, progress: &dyn Progress) -> Result<Place, CacheError> {
        Place::at(OptLevel::default(), root, cache, progress)
    }

    fn at(
        level: OptLevel,
        root: &Path,
        cache: &Cache,
        progress: &dyn Progress,
    ) -> Result<Place, CacheError> {
        let kept = match pack::here() {
            Some(_) => {
                let key = Key::builder("cargo").bytes("root", root.as_os_str().as_encoded_bytes());
                Some(cache.kept("cargo", &key.finish(), progress)?)
            }
            None => None,
        };
        let built = match &kept {
            Some(kept) => kept.folder().to_owned(),
            None => root.join("target").join("guest-programs"),
        };
        // Two levels built at the same time must not write the same program.
        let built = match level == OptLevel::default() {
            true => built,
            false => built.join(format!("level-{}", level.0)),
        };
        Ok(Place { root: root.to_owned(), level, built, _kept: kept })
    }
}

fn compile(
    place: &Place,
    toolchain: &Toolchain,
    package: &str,
    target: &Path,
) -> Result<(), ProgramError> {
    cargo(place, toolchain, package, &["--bins"], target)?;
    let release = place.built.join(&toolchain.target).join("guest");
    for name in programs_of(&place.root, package) {
        fs::copy(release.join(&name), target.join(&name))?;
    }
    Ok(())
}

/// A compiled library: the package itself or one of its dependencies.
#[derive(Debug, Clone)]
pub struct Library {
    /// Its name in Rust code.
    pub name: String,
    /// The files that a compiler needs.
    pub files: Vec<PathBuf>,
}

/// Compiles a package's library with the flags of guest programs. Returns it and all its
/// dependencies, whose files are in `place`. `entry` is the cache folder for temporary files.
pub fn libraries(
    place: &Place,
    toolchain: &Toolchain,
    package: &str,
    entry: &Path,
) -> Result<Vec<Library>, ProgramError> {
    let arguments = ["--lib", "--message-format=json"];
    let messages = cargo(place, toolchain, package, &arguments, entry)?;
    let library = |line: &str| {
        let message: Message = serde_json::from_str(line).ok()?;
        let compiles = |kind: &String| ["lib", "rlib", "proc-macro"].contains(&kind.as_str());
        let target = message.target.filter(|target| target.kind.iter().any(compiles))?;
        Some(Library { name: target.name.replace('-', "_"), files: message.filenames })
    };
    Ok(messages.lines().filter_map(library).collect())
}

/// A line of Cargo's machine-readable output. Only `compiler-artifact` has a target and
/// files.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

/// Runs `cargo build` on a package and returns its stdout. Temporary files are below
/// `entry`, a folder of the cache, so leftovers are removed with it.
fn cargo(
    place: &Place,
    toolchain: &Toolchain,
    package: &str,
    arguments: &[&str],
    entry: &Path,
) -> Result<String, ProgramError> {
    let Place { root, level, built, .. } = place;
    let sh = Shell::new().map_err(ProgramError::Shell)?;
    sh.change_dir(root);
    // The locations of the checkout and the registry must not appear in the programs.
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_default();
    let mut flags = flags().to_vec();
    flags.extend([
        format!("--remap-path-prefix={}=", root.join("").display()),
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
    ]);
    flags.extend(toolchain.flag_for_std());
    let target = &toolchain.target;
    // Selected by path, because an external crate may have the same name.
    let manifest = root.join("guest-programs").join(package).join("Cargo.toml");
    let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    // The course's own profile decides, unless the caller chose another level.
    let level = Some(*level).filter(|level| *level != OptLevel::default());
    let level = level.map(|OptLevel(level)| ("CARGO_PROFILE_GUEST_OPT_LEVEL", level.to_string()));
    let temporary = workplace(entry)?;
    let command = cmd!(
        sh,
        "cargo build --quiet --locked --profile guest --target {target} --target-dir {built} --manifest-path {manifest} {arguments...}"
    )
    .env_clear()
    .envs(inherited)
    .env("LC_ALL", "C")
    .env("RUSTC", &toolchain.rustc)
    // The person's own Cargo configuration must not matter either.
    .env("RUSTC_WRAPPER", "")
    .env("RUSTC_WORKSPACE_WRAPPER", "")
    .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
    .env("TMPDIR", temporary.path())
    .envs(level);
    let command = Command::from(std::process::Command::from(command));
    let output = command.output().map_err(ProgramError::Cargo)?;
    if !output.ended.status.success() {
        return Err(ProgramError::Compile {
            package: package.to_owned(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The names of a package's programs: its own name and those in `src/bin/`.
pub fn programs_of(root: &Path, package: &str) -> Vec<String> {
    let mut names = vec![package.to_owned()];
    let bins = root.join("guest-programs").join(package).join("src/bin");
    let files = fs::read_dir(bins).into_iter().flatten().flatten();
    let mut more: Vec<String> = files
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            match file.path().join("main.rs").exists() {
                true => Some(name),
                false => name.strip_suffix(".rs").map(str::to_owned),
            }
        })
        .collect();
    more.sort();
    names.extend(more);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_level_or_c_library_is_another_program() {
        let (root, folder) = (crate::root(), crate::root().join("guest-programs/init"));
        let toolchain = Toolchain {
            rustc: PathBuf::new(),
            sysroot: PathBuf::new(),
            target: String::new(),
            commit: None,
            parts: vec![("rustc", "1.95".to_owned()), ("libc.a", "1".to_owned())],
        };
        let key_at = |level| key_at(OptLevel(level), &toolchain, &root, &folder).unwrap();
        let usual = key(&toolchain, &root, &folder).unwrap();
        assert_eq!(key_at(2), usual);
        assert!(key_at(0) != usual && key_at(0) != key_at(3));

        let parts = vec![("rustc", "1.95".to_owned()), ("libc.a", "2".to_owned())];
        let other = Toolchain { parts, ..toolchain.clone() };
        assert_ne!(key(&other, &root, &folder).unwrap(), usual);
    }
}
