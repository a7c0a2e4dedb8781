//! What editors need for the files in `work/`, in the folder itself, so that no student's
//! own folder gets a file.
//!
//! ```text
//! work/.clangd              clangd: the flags with which the lab compiles a module
//! work/Cargo.toml           rust-analyzer: the crates that a program may use
//! work/Cargo.lock           their versions, those of the course
//! work/.cargo/config.toml   lets `cargo xtask` work below such a manifest
//! ```
//!
//! The files say where the course and its kernel are. They are written again whenever that
//! has changed, and only if they are the lab's: a file without the lab's first line is the
//! student's own.

use std::path::{Path, PathBuf};

use builder::cache::Key;
use builder::guest::kmod_flags;
use builder::guest::kmods::INCLUDE;
use builder::kernel::Kernel;
use fs_err as fs;
use toml::{Table, Value};

use super::Work;
use crate::error::Error;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, StudentFile};
use crate::run::Lab;
use crate::whole;

/// The first line of each of these files.
const MARK: &str = "# Written by `cargo xtask start` and `check`. Without this line, it is yours.";

/// For clangd.
pub const CLANGD: &str = ".clangd";
/// For rust-analyzer.
pub const MANIFEST: &str = "Cargo.toml";
/// The name of the lock file of a workspace.
const LOCK: &str = "Cargo.lock";

/// Writes what editors need for all exercises that were started. Without a kernel, there
/// is nothing for modules.
pub fn write(lab: &Lab<'_>, work: &Work, kernel: Option<&Kernel>) -> Result<(), Error> {
    let mut started = lab.course.exercises(Seed::default())?;
    started.retain(|exercise| work.is_started(exercise));
    let (programs, modules): (Vec<_>, Vec<_>) =
        started.iter().partition(|exercise| matches!(exercise.file, StudentFile::Program { .. }));
    let course = &lab.course.root;
    if !programs.is_empty() {
        for_programs(work, course, &programs)?;
    }
    if let Some(kernel) = kernel.filter(|_| !modules.is_empty()) {
        let mut flags = kmod_flags::flags(kernel, &lab.cache, lab.progress)?;
        let include = |kmods: PathBuf| format!("-I{}", kmods.display());
        flags.push(include(builder::root().join("kmods").join(INCLUDE)));
        let headers = modules.iter().flat_map(|exercise| exercise.headers());
        flags.extend(headers.map(|kmod| include(course.join("kmods").join(kmod))));
        write_own(&work.root().join(CLANGD), &clangd(&flags))?;
    }
    Ok(())
}

/// clangd's settings. An index of what is open is enough: only the students' own files
/// are compiled with these flags.
fn clangd(flags: &[String]) -> String {
    let quoted = |flag: &String| format!("    - '{}'\n", flag.replace('\'', "''"));
    let flags: String = flags.iter().map(quoted).collect();
    format!("CompileFlags:\n  Add:\n{flags}Index:\n  Background: Skip\n")
}

/// Writes one package with a program for each exercise.
fn for_programs(work: &Work, course: &Path, exercises: &[&Exercise]) -> Result<(), Error> {
    let lock = course.join(LOCK);
    let manifest = manifest(work, course, exercises, &lock)?;
    let is_new = write_own(&work.root().join(MANIFEST), &manifest)?;
    let own_lock = work.root().join(LOCK);
    // Cargo removes from it what the package does not use.
    if is_new == Some(true) || is_new == Some(false) && !own_lock.exists() {
        whole::write(&own_lock, &fs::read(&lock)?)?;
    }
    let config = work.root().join(".cargo/config.toml");
    fs::create_dir_all(work.root().join(".cargo"))?;
    write_own(&config, &cargo_config(work, course).to_string())?;
    Ok(())
}

/// Below the manifest, Cargo would search `xtask` in that package, and it would leave its
/// files in what the student hands in.
fn cargo_config(work: &Work, course: &Path) -> Table {
    let run = ["run", "--quiet", "--manifest-path"].map(str::to_owned);
    let mut run = run.to_vec();
    run.push(builder::root().join(MANIFEST).display().to_string());
    run.extend(["--package", "xtask", "--"].map(str::to_owned));
    let target = |folder: &Path| {
        (
            "build",
            table([("target-dir", folder.join("target").display().to_string().into())]).into(),
        )
    };
    let alias = ("alias", table([("xtask", run.into())]).into());
    if builder::pack::here().is_none() {
        return table([alias, target(course)]);
    }
    // A pack may be read-only, and has the crates beside it.
    let vendor = course.join(crate::pack::VENDOR).display().to_string();
    let sources = [
        ("crates-io", table([("replace-with", "pack".into())]).into()),
        ("pack", table([("directory", vendor.into())]).into()),
    ];
    let offline = ("net", table([("offline", true.into())]).into());
    table([alias, target(work.root()), offline, ("source", table(sources).into())])
}

fn manifest(
    work: &Work,
    course: &Path,
    exercises: &[&Exercise],
    lock: &Path,
) -> Result<String, Error> {
    let workspace = table_of(&course.join(MANIFEST))?;
    let shared = |key: &str| workspace.get("workspace")?.get(key)?.as_table();
    let mut dependencies = Table::new();
    for name in ["marker", "nix", "steps", "student"] {
        if let Some(value) = shared("dependencies").and_then(|shared| shared.get(name)) {
            dependencies.insert(name.to_owned(), absolute(value, course));
        }
    }
    let mut programs = Vec::new();
    for exercise in exercises {
        let (lesson, folder) = (&exercise.lesson.name, &exercise.lesson.folder);
        let own = table_of(&folder.join(MANIFEST))?;
        for (name, value) in own.get("dependencies").and_then(Value::as_table).into_iter().flatten()
        {
            let inherited = value.get("workspace").and(shared("dependencies"));
            let (value, place) = match inherited.and_then(|shared| shared.get(name)) {
                Some(value) => (value, course),
                None => (value, folder.as_path()),
            };
            dependencies.insert(name.clone(), absolute(value, place));
        }
        if folder.join("src/lib.rs").is_file() {
            let path = folder.display().to_string();
            dependencies.insert(lesson.to_string(), table([("path", path.into())]).into());
        }
        let file = work.file(exercise);
        let file = file.strip_prefix(work.root()).unwrap_or(&file).display().to_string();
        // The lesson's library may have the lesson's name.
        let name = format!("my-{lesson}");
        programs.push(Value::from(table([("name", name.into()), ("path", file.into())])));
    }
    let lock = Key::builder("lock").file(LOCK, lock)?.finish().to_string();
    let edition = shared("package").and_then(|package| package.get("edition")).cloned();
    let package = table([
        ("name", "work".into()),
        ("edition", edition.unwrap_or_else(|| "2024".into())),
        // With another lock file of the course, this file is another one too.
        ("metadata", table([("lock", lock.into())]).into()),
    ]);
    let manifest = table([
        ("workspace", table([]).into()),
        ("package", package.into()),
        ("dependencies", dependencies.into()),
        ("bin", programs.into()),
    ]);
    Ok(manifest.to_string())
}

/// A dependency whose path, if it has one, is relative to no folder.
fn absolute(dependency: &Value, place: &Path) -> Value {
    let mut dependency = dependency.clone();
    if let Some(Value::String(path)) = dependency.get_mut("path") {
        *path = place.join(&path).display().to_string();
    }
    dependency
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn table_of(manifest: &Path) -> Result<Table, Error> {
    let text = fs::read_to_string(manifest)?;
    let understood = toml::from_str(&text);
    Ok(understood.map_err(|e| std::io::Error::other(format!("`{}`: {e}", manifest.display())))?)
}

/// Writes a file unless it is the student's own. Returns whether it was written, or `None`
/// if it is the student's.
fn write_own(path: &Path, text: &str) -> Result<Option<bool>, Error> {
    let text = format!("{MARK}\n{text}");
    match fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
        Ok(old) if old == text => return Ok(Some(false)),
        Ok(old) if old.lines().next() != Some(MARK) => return Ok(None),
        Ok(_) => {}
    }
    whole::write(path, text.as_bytes())?;
    Ok(Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_labs_own_file_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CLANGD);
        let write = |text: &str| write_own(&path, text).unwrap();
        assert_eq!([write("old"), write("old"), write("new")], [true, false, true].map(Some));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{MARK}\nnew"));
        for own in ["", "mine", "mine\nnew"] {
            fs::write(&path, own).unwrap();
            assert_eq!(write("new"), None);
            assert_eq!(fs::read_to_string(&path).unwrap(), own);
        }
    }

    #[test]
    fn a_flag_is_one_string_of_yaml() {
        let flags = ["-DNAME=\"x\"", "-I/a folder/it's"].map(str::to_owned);
        let lines = "    - '-DNAME=\"x\"'\n    - '-I/a folder/it''s'\n";
        assert!(clangd(&flags).contains(lines), "{}", clangd(&flags));
    }

    #[test]
    fn paths_are_relative_to_no_folder() {
        let of = |text: &str| {
            let table: Table = toml::from_str(text).unwrap();
            absolute(&table["x"], Path::new("/course"))
        };
        assert_eq!(of("x = \"1\"").as_str(), Some("1"));
        assert_eq!(of("x.path = \"a/b\"")["path"].as_str(), Some("/course/a/b"));
    }
}
