//! Compiles the crates that programs of an exercise may use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use builder::cache::Key;
use builder::guest::programs::{self, Place};
use builder::host::toolchain::{LD, LIBC, LINKER, Toolchain};
use fs_err as fs;
use serde::Deserialize;

use super::{CompileError, Compiler, Exercise, STUDENT};

/// The kind of the cache's entries with crates.
const CRATES: &str = "crates";

/// The file in a cache entry that lists the crates.
const EXTERNS: &str = "externs.json";

/// Compiled crates that programs of an exercise may use.
#[derive(Debug, Clone)]
pub struct Crates {
    pub(super) folder: PathBuf,
    pub(super) key: Key,
    /// File names in `folder`, keyed by crate name.
    pub(super) externs: BTreeMap<String, String>,
}

impl Crates {
    /// Reads a cache entry.
    fn read(folder: PathBuf, key: Key) -> Result<Crates, CompileError> {
        let json = fs::read(folder.join(EXTERNS))?;
        let externs =
            serde_json::from_slice(&json).map_err(|e| CompileError::Cargo(e.to_string()))?;
        Ok(Crates { folder, key, externs })
    }

    /// The same with the names that a text uses from the time when lessons had numbers:
    /// `lesson_12_netlink` for `netlink`. A student's file outlives an update of the lab.
    pub(super) fn with_old_names(&self, text: &str) -> Crates {
        let mut crates = self.clone();
        for numbered in text.split("lesson_").skip(1) {
            let end = numbered.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let numbered = &numbered[..end.unwrap_or(numbered.len())];
            let Some((number, name)) = numbered.split_once('_') else { continue };
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if let (true, Some(file)) = (is_number, self.externs.get(name)) {
                crates.externs.insert(format!("lesson_{numbered}"), file.clone());
            }
        }
        crates
    }
}

impl Compiler<'_> {
    /// Compiles the crates for a lesson: nix, the lab's own, and the lesson's library
    /// with its dependencies.
    pub fn crates(&self, exercise: &Exercise) -> Result<Crates, CompileError> {
        let folder = &exercise.lesson.folder;
        let package = exercise.lesson.name.to_string();
        let toolchain = Toolchain::here(self.cache)?;
        let packed = Toolchain::of_pack();
        // Whatever links a program, the same compiler can use the same crates.
        if let Some(packed) = packed.as_ref().filter(|packed| packed.has_rustc_of(&toolchain)) {
            let key = self.crates_key(packed, exercise)?;
            if let Some(entry) = self.cache.find(CRATES, &key) {
                return Crates::read(entry, key);
            }
        }
        let key = self.crates_key(&toolchain, exercise)?;
        let entry = self.cache.entry(CRATES, &key, self.progress, |target| {
            if let Some(packed) = &packed {
                self.progress.note(&format!(
                    "compiling the crates of {package}: {}",
                    other_rustc(packed, &toolchain)
                ));
            }
            let _stage = self.progress.begin_at("crates", &package);
            self.build_crates(&toolchain, folder, &package, target)
        })?;
        Crates::read(entry, key)
    }

    /// The hash of everything that the crates are compiled from.
    pub(super) fn crates_key(
        &self,
        toolchain: &Toolchain,
        exercise: &Exercise,
    ) -> Result<Key, CompileError> {
        let student = programs::key(toolchain, &builder::root(), &builder::root().join(STUDENT))?;
        let lesson = programs::key(toolchain, self.root, &exercise.lesson.folder)?;
        let key = Key::builder("crates").text("lesson", &lesson.to_string());
        Ok(key.text("student", &student.to_string()).finish())
    }

    fn build_crates(
        &self,
        toolchain: &Toolchain,
        folder: &Path,
        package: &str,
        target: &Path,
    ) -> Result<(), CompileError> {
        let mut packages = vec!["student", "steps"];
        if folder.join("src/lib.rs").is_file() {
            packages.push(package);
        }
        let mut direct = direct_dependencies(&folder.join("Cargo.toml"))?;
        direct.extend(["student", "marker", "steps", "nix"].map(str::to_owned));
        direct.push(package.replace('-', "_"));
        let mut externs = BTreeMap::new();
        host::require(&[LINKER, LD, LIBC])?;
        let place = Place::new(self.root, self.cache, self.progress)?;
        for package in packages {
            for artifact in programs::libraries(&place, toolchain, package, target)? {
                for file in artifact.files {
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let to = target.join(&name);
                    fs::copy(&file, &to)?;
                    if direct.contains(&artifact.name) && name.ends_with(".rlib") {
                        externs.insert(artifact.name.clone(), name);
                    }
                }
            }
        }
        let path = target.join(EXTERNS);
        let json = serde_json::to_vec(&externs).map_err(|e| CompileError::Cargo(e.to_string()))?;
        Ok(fs::write(&path, json)?)
    }
}

/// Why crates of a pack are compiled again.
fn other_rustc(packed: &Toolchain, here: &Toolchain) -> String {
    match packed.has_rustc_of(here) {
        true => "the pack has none for these sources".to_owned(),
        false => format!(
            "the pack's are for {}, and this is {}",
            packed.rustc_version(),
            here.rustc_version()
        ),
    }
}

/// The names under `[dependencies]` in a manifest, in Rust's spelling.
fn direct_dependencies(manifest: &Path) -> Result<Vec<String>, CompileError> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        dependencies: toml::Table,
    }
    let text = fs::read_to_string(manifest)?;
    let manifest: Manifest =
        toml::from_str(&text).map_err(|e| CompileError::Cargo(e.to_string()))?;
    Ok(manifest.dependencies.keys().map(|name| name.replace('-', "_")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_known_by_the_name_that_it_had() {
        let externs = [("netlink", "libnetlink.rlib"), ("nix", "libnix.rlib")];
        let externs = externs.map(|(name, file)| (name.to_owned(), file.to_owned())).into();
        let crates = Crates { folder: PathBuf::new(), key: Key::builder("k").finish(), externs };
        let names =
            |text: &str| crates.with_old_names(text).externs.into_keys().collect::<Vec<_>>();
        for text in ["use netlink::x;", "use lesson_netlink::x;", "use lesson_12_other;", "lesson_"]
        {
            assert_eq!(names(text), ["netlink", "nix"], "{text}");
        }
        let found = names("use lesson_12_netlink::{a, b}; lesson_3_netlink::c(lesson_12_netlink)");
        assert_eq!(found, ["lesson_12_netlink", "lesson_3_netlink", "netlink", "nix"]);
    }
}
