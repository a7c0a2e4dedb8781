//! The course in a pack: a workspace of the guest's programs alone, with the crates that
//! they use beside them, so that Cargo needs no network.
//!
//! The programs' inputs are the same as in the checkout, so they have the same keys.

use std::path::Path;

use fs_err as fs;
use process::{Command, Temporary};
use toml::{Table, Value};

use super::contents::Contents;
use super::{PackError, done_by_cargo};

/// Files and folders of the checkout, if they are there. `cargo xtask` works in a pack too:
/// its launcher needs two more crates, and starts the pack's program.
const COURSE: &[&str] = &[
    "CHANGELOG.md",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "course.md",
    "docs",
    "guest-programs",
    "images",
    "kmods",
    "lab/explain/src",
    "lab/host/src",
    "xtask/src",
];

/// The packages of the workspace.
const MEMBERS: &[&str] = &["guest-programs/*", "lab/explain", "lab/host", "xtask"];

/// The packages whose tests do not come along, and so nothing that only tests use.
const UNTESTED: &[&str] = &["lab/explain", "lab/host", "xtask"];

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
/// The folder with the crates.
pub const VENDOR: &str = "vendor";

/// Cargo's configuration in a pack.
const CONFIG: &str = "\
    [alias]\n\
    xtask = \"run --quiet --package xtask --\"\n\n\
    [net]\n\
    offline = true\n\n\
    [source.crates-io]\n\
    replace-with = \"pack\"\n\n\
    [source.pack]\n\
    directory = \"vendor\"\n";

/// Adds the course to a pack. `scratch` is for what has to be made.
pub fn add(contents: &mut Contents, root: &Path, scratch: &Temporary) -> Result<(), PackError> {
    for name in COURSE {
        let path = root.join(name);
        if path.is_dir() {
            contents.folder(&format!("{name}/"), &path)?;
        } else if path.is_file() {
            contents.file(name, path);
        }
    }
    let root = &fs::canonicalize(root)?;
    let workspace = workspace(&parse(&root.join(MANIFEST))?);
    let made = scratch.path();
    fs::write(made.join(MANIFEST), workspace.to_string())?;
    fs::copy(root.join(LOCK), made.join(LOCK))?;
    for package in UNTESTED {
        let mut manifest = parse(&root.join(package).join(MANIFEST))?;
        manifest.remove("dev-dependencies");
        fs::create_dir_all(made.join(package))?;
        fs::write(made.join(package).join(MANIFEST), manifest.to_string())?;
        contents.text(&format!("{package}/{MANIFEST}"), manifest.to_string());
        link(&root.join(package).join("src"), &made.join(package).join("src"))?;
    }
    link(&root.join("guest-programs"), &made.join("guest-programs"))?;
    let vendor = match builder::pack::here() {
        // What was vendored once can be taken from there.
        Some(_) => {
            link(&root.join(VENDOR), &made.join(VENDOR))?;
            root.join(VENDOR)
        }
        None => {
            vendor(made)?;
            made.join(VENDOR)
        }
    };
    contents.text(MANIFEST, workspace.to_string());
    contents.text(".cargo/config.toml", CONFIG);
    contents.text(LOCK, fs::read(made.join(LOCK))?);
    Ok(contents.folder(&format!("{VENDOR}/"), &vendor)?)
}

/// The checkout's manifest with the pack's packages alone.
fn workspace(manifest: &Table) -> Table {
    let mut manifest = manifest.clone();
    let members = MEMBERS.iter().map(|&member| Value::from(member)).collect::<Vec<_>>();
    if let Some(Value::Table(workspace)) = manifest.get_mut("workspace") {
        workspace.insert("members".to_owned(), members.into());
    }
    // Cargo warns of settings for packages that are not there.
    if let Some(Value::Table(profiles)) = manifest.get_mut("profile") {
        profiles.retain(|name, _| ["dev", "guest", "release"].contains(&name));
        for (_, profile) in profiles.iter_mut() {
            profile.as_table_mut().map(|profile| profile.remove("package"));
        }
    }
    manifest
}

/// Downloads the crates that were not downloaded yet, and copies all of them. Removes from
/// the lock file what the workspace does not use.
fn vendor(folder: &Path) -> Result<(), PackError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["vendor", "--quiet", "--versioned-dirs", VENDOR]).current_dir(folder);
    // Cargo sets these for the lab.
    cargo.env_remove("CARGO_MANIFEST_DIR").env("LC_ALL", "C");
    done_by_cargo("copy the crates of the guest's programs", &cargo.output()?)
}

fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::os::unix::fs::symlink(from, to)
}

fn parse(path: &Path) -> Result<Table, PackError> {
    let invalid = |e| std::io::Error::other(format!("failed to read `{}`: {e}", path.display()));
    Ok(fs::read_to_string(path)?.parse().map_err(invalid)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_that_of_the_guests_programs() {
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"lab\", \"tests\"]\n\
            [workspace.dependencies]\nnix = \"1\"\n[profile.dev]\ndebug = false\n\
            [profile.dev.package.sha2]\nopt-level = 2\n[profile.pack]\ninherits = \"release\"\n\
            [profile.guest]\nopt-level = 2\n";
        let found = workspace(&manifest.parse().unwrap());
        let expected = "[workspace]\nresolver = \"3\"\nmembers = [\"guest-programs/*\", \
            \"lab/explain\", \"lab/host\", \"xtask\"]\n[workspace.dependencies]\nnix = \"1\"\n\
            [profile.dev]\ndebug = false\n[profile.guest]\nopt-level = 2\n";
        assert_eq!(found, expected.parse().unwrap());
        assert_eq!(workspace(&found), found, "a pack of a pack");
    }

    #[test]
    fn everything_that_is_named_is_there() {
        for name in COURSE.iter().chain(UNTESTED) {
            assert!(builder::root().join(name).exists(), "{name}");
        }
    }
}
