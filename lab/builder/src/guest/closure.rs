//! Finds everything that a workspace package is built from: its own files, the files of
//! its path dependencies, and the versions and checksums of the external crates that
//! these use. Dependencies of other packages in the workspace do not count.
//!
//! `cargo metadata` would say the same, but starting Cargo costs as much as running a
//! lesson.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::cache::{CacheError, KeyBuilder};

/// Why the inputs of a package cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum ClosureError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to understand `{}`: {source}", path.display())]
    Parse { path: PathBuf, source: toml::de::Error },
    #[error("failed to understand `{}`: it has no crate `{name}`", lock.display())]
    Unknown { lock: PathBuf, name: String },
}

/// Adds all inputs of the package in `folder` to a key. `root` is the workspace's folder.
///
/// # Errors
/// A manifest, a source file or the lock file cannot be read or parsed.
pub fn add(key: KeyBuilder, root: &Path, folder: &Path) -> Result<KeyBuilder, ClosureError> {
    let workspace = Workspace { manifest: parse(&root.join("Cargo.toml"))?, root };
    let mut closure = Closure { packages: BTreeMap::new(), crates: BTreeSet::new() };
    closure.visit(&workspace, folder)?;
    let mut key = workspace.add_settings(key);
    for (name, package) in &closure.packages {
        key = key.text("package", name).text("manifest", &package.manifest);
        for file in package.build.iter().filter(|file| file.exists()) {
            key = key.file("build", file)?;
        }
        key = key.tree("src", &package.folder.join("src"))?;
    }
    let lock = Lock::read(root.join("Cargo.lock"))?;
    for package in lock.closure(&closure.crates)? {
        key = key.text("crate", &lock.packages[package].to_string());
    }
    Ok(key)
}

/// A workspace's manifest.
struct Workspace<'a> {
    manifest: Table,
    root: &'a Path,
}

impl Workspace<'_> {
    fn table(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.manifest.get(*first)?, |value, name| value.get(name))
    }

    /// Adds the settings that apply to all packages.
    fn add_settings(&self, key: KeyBuilder) -> KeyBuilder {
        let settings: &[&[&str]] = &[
            &["workspace", "resolver"],
            &["workspace", "package"],
            &["workspace", "lints"],
            &["patch"],
            &["profile", "release"],
            &["profile", "guest"],
        ];
        settings.iter().fold(key, |key, path| match self.table(path) {
            Some(value) => key.text(&path.join("."), &value.to_string()),
            None => key,
        })
    }
}

/// A package whose sources are in this repository.
struct Package {
    folder: PathBuf,
    /// The manifest without the dependencies of tests.
    manifest: String,
    /// Its build script: the file that the manifest names, or `build.rs`.
    build: Option<PathBuf>,
}

struct Closure {
    /// The packages by name.
    packages: BTreeMap<String, Package>,
    /// External crates: the name of the package that uses the crate, and the crate's
    /// name.
    crates: BTreeSet<(String, String)>,
}

impl Closure {
    fn visit(&mut self, workspace: &Workspace<'_>, folder: &Path) -> Result<(), ClosureError> {
        let mut manifest = parse(&folder.join("Cargo.toml"))?;
        manifest.remove("dev-dependencies");
        let said = manifest.get("package");
        let name = said.and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
        let name = name.to_owned();
        let build = said.and_then(|package| package.get("build")?.as_str()).unwrap_or("build.rs");
        let build = Some(folder.join(build));
        let mut text = manifest.to_string();
        let mut folders = Vec::new();
        for (alias, wanted) in dependencies(&manifest) {
            // The dependency is specified here or in the workspace's manifest.
            let (wanted, base) = match wanted.get("workspace") {
                Some(_) => {
                    let shared = workspace.table(&["workspace", "dependencies", alias]);
                    text +=
                        &shared.map(|shared| format!("{alias} = {shared}\n")).unwrap_or_default();
                    (shared.unwrap_or(wanted), workspace.root)
                }
                None => (wanted, folder),
            };
            let text_of = |field| wanted.get(field).and_then(Value::as_str);
            match text_of("path") {
                Some(path) => folders.push(base.join(path)),
                None => {
                    let package = text_of("package").unwrap_or(alias);
                    self.crates.insert((name.clone(), package.to_owned()));
                }
            }
        }
        let package = Package { folder: folder.to_owned(), manifest: text, build };
        if self.packages.insert(name, package).is_none() {
            folders.iter().try_for_each(|folder| self.visit(workspace, folder))?;
        }
        Ok(())
    }
}

/// The dependencies in a manifest under the names used there, including those of the
/// build script and of specific targets.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    let mut tables = vec![manifest];
    let targets = manifest.get("target").and_then(Value::as_table);
    tables.extend(targets.into_iter().flat_map(|t| t.values()).filter_map(Value::as_table));
    let kinds = tables.into_iter().flat_map(|table| {
        ["dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|kind| table.get(kind)?.as_table())
    });
    kinds.flatten().map(|(name, wanted)| (name.as_str(), wanted)).collect()
}

/// The contents of `Cargo.lock`.
struct Lock {
    path: PathBuf,
    packages: Vec<Table>,
}

impl Lock {
    fn read(path: PathBuf) -> Result<Lock, ClosureError> {
        let mut table = parse(&path)?;
        let packages = match table.remove("package") {
            Some(Value::Array(packages)) => packages,
            _ => Vec::new(),
        };
        let packages = packages.into_iter().filter_map(|p| p.try_into().ok()).collect();
        Ok(Lock { path, packages })
    }

    /// Finds the lock file's packages for these crates and for everything that they use.
    fn closure(
        &self,
        crates: &BTreeSet<(String, String)>,
    ) -> Result<BTreeSet<usize>, ClosureError> {
        let mut found = BTreeSet::new();
        let mut open = Vec::new();
        for (user, name) in crates {
            // Several versions may share a name; the user's line says which one it needs.
            let user = self.find_own(user)?;
            let line = self.uses(user).find(|line| line.split(' ').next() == Some(name.as_str()));
            open.push(self.find(line.unwrap_or(name))?);
        }
        while let Some(package) = open.pop() {
            if found.insert(package) {
                for line in self.uses(package) {
                    open.push(self.find(line)?);
                }
            }
        }
        Ok(found)
    }

    /// Lines such as `nix`, or `nix 0.31.1` if there are several versions.
    fn uses(&self, package: usize) -> impl Iterator<Item = &str> {
        let lines = self.packages[package].get("dependencies").and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The workspace's package with this name. An external crate may have the same name.
    fn find_own(&self, name: &str) -> Result<usize, ClosureError> {
        let is_it = |package: &Table| {
            let found = package.get("name").and_then(Value::as_str);
            found == Some(name) && !package.contains_key("source")
        };
        self.packages.iter().position(is_it).ok_or_else(|| self.unknown(name))
    }

    /// The package that a dependency line names.
    fn find(&self, line: &str) -> Result<usize, ClosureError> {
        let mut words = line.split(' ');
        let (name, version) = (words.next(), words.next());
        let is_it = |package: &Table| {
            let text = |field| package.get(field).and_then(Value::as_str);
            text("name") == name && (version.is_none() || text("version") == version)
        };
        self.packages.iter().position(is_it).ok_or_else(|| self.unknown(line))
    }

    fn unknown(&self, name: &str) -> ClosureError {
        ClosureError::Unknown { lock: self.path.clone(), name: name.to_owned() }
    }
}

fn parse(path: &Path) -> Result<Table, ClosureError> {
    let text = fs_err::read_to_string(path)?;
    text.parse().map_err(|source| ClosureError::Parse { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cache::Key;

    const WORKSPACE: &str = "\
        [workspace.dependencies]\n\
        shared = { path = \"shared\" }\n\
        used = \"1\"\n\
        other = \"1\"\n\
        [profile.guest]\n\
        inherits = \"release\"\n";
    const INIT: &str = "\
        [package]\nname = \"init\"\n\
        [dependencies]\nshared.workspace = true\n\
        [dev-dependencies]\nother.workspace = true\n";
    const SHARED: &str = "[package]\nname = \"shared\"\n[dependencies]\nused.workspace = true\n";
    const LOCK: &str = "\
        [[package]]\nname = \"init\"\nversion = \"0\"\ndependencies = [\"other\", \"shared\"]\n\
        [[package]]\nname = \"shared\"\nversion = \"0\"\ndependencies = [\"used 1.0.0\"]\n\
        [[package]]\nname = \"used\"\nversion = \"0.9.0\"\n\
        [[package]]\nname = \"used\"\nversion = \"1.0.0\"\ndependencies = [\"below\"]\n\
        [[package]]\nname = \"below\"\nversion = \"2.0.0\"\n\
        [[package]]\nname = \"other\"\nversion = \"3.0.0\"\n";

    /// A workspace, and a function that changes a file and returns the new key of the
    /// package `init`.
    fn workspace() -> (tempfile::TempDir, impl Fn(&str, &str) -> Key) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        for file in ["init/src", "shared/src", "unused/src"] {
            fs::create_dir_all(root.join(file)).unwrap();
        }
        for (file, text) in [
            ("Cargo.toml", WORKSPACE),
            ("Cargo.lock", LOCK),
            ("init/Cargo.toml", INIT),
            ("init/src/main.rs", "1"),
            ("shared/Cargo.toml", SHARED),
            ("shared/src/lib.rs", "1"),
            ("unused/src/lib.rs", "1"),
        ] {
            fs::write(root.join(file), text).unwrap();
        }
        let key = move |file: &str, text: &str| {
            let before = fs::read_to_string(root.join(file)).unwrap();
            fs::write(root.join(file), text).unwrap();
            let key = add(Key::builder("x"), &root, &root.join("init")).unwrap().finish();
            fs::write(root.join(file), before).unwrap();
            key
        };
        (folder, key)
    }

    #[test]
    fn what_a_package_uses_counts() {
        let (_folder, key) = workspace();
        let before = key("Cargo.toml", WORKSPACE);
        for (file, text) in [
            ("Cargo.toml", WORKSPACE.replace("release", "dev")),
            ("Cargo.toml", WORKSPACE.replace("used = \"1\"", "used = \"1.0\"")),
            ("Cargo.lock", LOCK.replace("1.0.0", "1.0.1")),
            ("Cargo.lock", LOCK.replace("2.0.0", "2.0.1")),
            ("init/Cargo.toml", INIT.replace("[dev-", "[features]\na = []\n[dev-")),
            ("init/src/main.rs", "2".to_owned()),
            ("shared/Cargo.toml", format!("{SHARED}[features]\na = []\n")),
            ("shared/src/lib.rs", "2".to_owned()),
        ] {
            assert_ne!(key(file, &text), before, "{file}: {text}");
        }
    }

    #[test]
    fn what_a_package_does_not_use_does_not_count() {
        let (_folder, key) = workspace();
        let before = key("Cargo.toml", WORKSPACE);
        for (file, text) in [
            ("Cargo.toml", WORKSPACE.replace("other = \"1\"", "other = \"3\"")),
            ("Cargo.toml", format!("{WORKSPACE}[profile.dev]\ndebug = false\n")),
            ("Cargo.lock", LOCK.replace("3.0.0", "3.0.1")),
            ("Cargo.lock", LOCK.replace("0.9.0", "0.9.1")),
            ("Cargo.lock", format!("{LOCK}[[package]]\nname = \"new\"\nversion = \"1.0.0\"\n")),
            ("init/Cargo.toml", INIT.replace("[dev-dependencies]\nother.workspace = true\n", "")),
            ("unused/src/lib.rs", "2".to_owned()),
        ] {
            assert_eq!(key(file, &text), before, "{file}: {text}");
        }
    }

    #[test]
    fn a_lock_that_lacks_a_crate_is_named() {
        let (folder, _) = workspace();
        let lock = folder.path().join("Cargo.lock");
        fs::write(&lock, LOCK.replace("name = \"below\"", "name = \"beyond\"")).unwrap();
        let error = add(Key::builder("x"), folder.path(), &folder.path().join("init")).err();
        assert_eq!(
            error.unwrap().to_string(),
            format!("failed to understand `{}`: it has no crate `below`", lock.display())
        );
    }
}
