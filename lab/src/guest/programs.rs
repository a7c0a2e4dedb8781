//! Guest programs: Cargo packages, compiled to static executables.
//!
//! The finished programs lie in the cache under the hash of their sources;
//! Cargo is asked only when that is not there.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use xshell::{Shell, cmd};

use crate::cache::{Cache, CacheError, Key, KeyBuilder};
use crate::progress::{Event, Progress};

/// Static, so that a program needs no libraries in the guest; glibc, because
/// one lesson is about it.
pub const STATIC: &str = "-Ctarget-feature=+crt-static";

/// Crates of this project that guest programs may use.
const SHARED: &[&str] = &[
    "guest-programs/bad-input",
    "guest-programs/marker",
    "guest-programs/protocol",
    "guest-programs/student",
];

/// The compiler that built the lab compiles the programs too.
pub const RUSTC_VERSION: &str = env!("RUSTC_VERSION");
const HOST: &str = env!("RUSTC_HOST");

/// How far guest programs are optimised: one of Cargo's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptLevel(pub u8);

impl Default for OptLevel {
    /// That of the profile `guest`.
    fn default() -> OptLevel {
        OptLevel(2)
    }
}

/// The programs of a package.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The folder that holds them.
    pub folder: PathBuf,
    /// Stands for all that they were made of.
    pub key: Key,
}

/// Why a program could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to build `{package}`")]
    Compile {
        package: String,
        /// What the compiler printed, whole.
        output: String,
    },
    #[error("failed to run cargo: {0}")]
    Cargo(#[source] xshell::Error),
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
}

/// Builds all programs of a package of the workspace at `root`, unless the
/// cache has them.
///
/// `folder` is the package's folder, below `root`; its name is the package's.
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
    let key = key_at(level, root, folder)?;
    let folder = cache.entry("programs", &key, progress, |target| {
        progress.event(Event::Begin { stage: "program", total: None });
        progress.event(Event::Step { done: 0, detail: &package });
        let result = compile(level, root, &package, target);
        progress.event(Event::End);
        result
    })?;
    Ok(Programs { folder, key })
}

/// Stands for everything that the programs of a package are made of.
pub fn key(root: &Path, folder: &Path) -> Result<Key, ProgramError> {
    key_at(OptLevel::default(), root, folder)
}

fn key_at(level: OptLevel, root: &Path, folder: &Path) -> Result<Key, ProgramError> {
    let key = Key::builder("programs").text("rustc", RUSTC_VERSION).text("flags", STATIC);
    let key = if level == OptLevel::default() { key } else { key.bytes("level", &[level.0]) };
    Ok(sources(root, folder, key)?.finish())
}

/// Adds what the lab itself puts into the programs of a package: all of
/// [`key`] but the compiler.
pub fn sources(
    root: &Path,
    folder: &Path,
    mut key: KeyBuilder,
) -> Result<KeyBuilder, ProgramError> {
    for file in ["Cargo.toml", "Cargo.lock"] {
        key = key.file(file, &root.join(file))?;
    }
    for file in ["Cargo.toml", "build.rs"] {
        if folder.join(file).exists() {
            key = key.file(file, &folder.join(file))?;
        }
    }
    key = key.tree("src", &folder.join("src"))?;
    for shared in SHARED.iter().map(|shared| crate::root().join(shared)) {
        key = key.tree(&shared.file_name().unwrap_or_default().to_string_lossy(), &shared)?;
    }
    Ok(key)
}

fn compile(level: OptLevel, root: &Path, package: &str, target: &Path) -> Result<(), ProgramError> {
    cargo(level, root, package, &["--bins"])?;
    let release = target_dir(level, root).join(HOST).join("guest");
    for name in programs_of(root, package) {
        let from = release.join(&name);
        std::fs::copy(&from, target.join(&name))
            .map_err(|source| ProgramError::Read { path: from, source })?;
    }
    Ok(())
}

/// A library that Cargo compiled, for a package or for what it depends on.
#[derive(Debug, Clone)]
pub struct Library {
    /// As Rust code names it.
    pub name: String,
    /// What a compiler needs of it.
    pub files: Vec<PathBuf>,
}

/// Compiles a package's library with the flags of guest programs; returns it
/// and all that it depends on.
pub fn libraries(root: &Path, package: &str) -> Result<Vec<Library>, ProgramError> {
    let messages = cargo(OptLevel::default(), root, package, &["--lib", "--message-format=json"])?;
    let library = |line: &str| {
        let message: Message = serde_json::from_str(line).ok()?;
        let compiles = |kind: &String| ["lib", "rlib", "proc-macro"].contains(&kind.as_str());
        let target = message.target.filter(|target| target.kind.iter().any(compiles))?;
        Some(Library { name: target.name.replace('-', "_"), files: message.filenames })
    };
    Ok(messages.lines().filter_map(library).collect())
}

/// A line that Cargo prints for a machine to read: `compiler-artifact`, or any
/// other, which has no target and files.
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

/// Where Cargo works on guest programs.
fn target_dir(level: OptLevel, root: &Path) -> PathBuf {
    let folder = root.join("target").join("guest-programs");
    // Two levels at once must not write the same program.
    if level == OptLevel::default() { folder } else { folder.join(format!("level-{}", level.0)) }
}

/// Runs `cargo build` on a package of the workspace at `root`; returns what it
/// prints to stdout.
fn cargo(
    level: OptLevel,
    root: &Path,
    package: &str,
    arguments: &[&str],
) -> Result<String, ProgramError> {
    let sh = Shell::new().map_err(ProgramError::Cargo)?;
    sh.change_dir(root);
    let built = target_dir(level, root);
    // Where the tree and the registry lie must not show in the programs.
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_default();
    let flags = [
        STATIC.to_owned(),
        format!("--remap-path-prefix={}=", root.join("").display()),
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
    ];
    // A course's own profile counts unless somebody says otherwise.
    let level = (level != OptLevel::default()).then_some(level);
    let level = level.map(|OptLevel(level)| ("CARGO_PROFILE_GUEST_OPT_LEVEL", level.to_string()));
    let output = cmd!(
        sh,
        "cargo build --quiet --locked --profile guest --target {HOST} --target-dir {built} --package {package} {arguments...}"
    )
    // cargo itself sets these when it runs the lab; they are not for its child.
    .env_remove("CARGO_MANIFEST_DIR")
    .env_remove("RUSTFLAGS")
    .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
    .envs(level)
    .quiet()
    .ignore_status()
    .output()
    .map_err(ProgramError::Cargo)?;
    if !output.status.success() {
        return Err(ProgramError::Compile {
            package: package.to_owned(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The names of a package's programs: its own, and those of `src/bin/`.
pub fn programs_of(root: &Path, package: &str) -> Vec<String> {
    let mut names = vec![package.to_owned()];
    let bins = root.join("guest-programs").join(package).join("src/bin");
    let files = std::fs::read_dir(bins).into_iter().flatten().flatten();
    let mut more: Vec<String> = files
        .filter_map(|file| file.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .collect();
    more.sort();
    names.extend(more);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_optimisation_level_is_another_program() {
        let (root, folder) = (crate::root(), crate::root().join("guest-programs/init"));
        let key_at = |level| key_at(OptLevel(level), &root, &folder).unwrap();
        assert_eq!(key_at(2), key(&root, &folder).unwrap());
        assert!(key_at(0) != key_at(2) && key_at(0) != key_at(3));
    }
}
