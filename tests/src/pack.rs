//! A pack, made here and used as on another host: with an empty home folder, nothing but
//! QEMU on the PATH until a student's file is compiled, and Cargo without a network. Then a
//! cache that many share, and the recipes for containers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use builder::cache::SHARED_VARIABLE;
use builder::host::toolchain::{LINKER, Toolchain};
use host::{MAKE, NEEDS, QEMU, on_path};
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, StudentFile};
use lab::run::Lab;
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

use crate::Test;
use crate::command_line::course;
use crate::schemas;
use crate::scratch::{ALL, Scratch};

pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let test = |name: &str, run: fn(&Lab<'_>) -> Result<(), Failed>| {
        let lab = Arc::clone(lab);
        Test::new(format!("pack::{name}"), move || run(&lab))
    };
    vec![
        test("is-used-as-it-is", is_used_as_it_is),
        test("a-cache-for-many", a_cache_for_many),
        test("recipes", recipes),
    ]
}

/// What `pack` makes, unpacked by the program in it.
struct Elsewhere {
    folder: TempDir,
    pack: PathBuf,
}

impl Elsewhere {
    fn new() -> Result<Elsewhere, Failed> {
        let folder = tempfile::Builder::new().prefix("pack").tempdir()?;
        let file = folder.path().join("class.tar.gz");
        let program = std::env::current_exe()?;
        let mut make = Command::new(&program);
        make.arg("pack")
            .arg(&file)
            .arg("--program")
            .arg(&program)
            .env_remove("UPCALL_SHARED_CACHE");
        succeed(&mut make)?;
        for name in ["home", "qemu", "rustc", "make"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let elsewhere = Elsewhere { pack: folder.path().join("class"), folder };
        elsewhere.put("qemu", &[QEMU])?;
        elsewhere.put("rustc", &[LINKER, "as", "ld"])?;
        elsewhere.put("make", &[MAKE])?;
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(&file).arg("upcall").current_dir(elsewhere.folder.path());
        succeed(&mut tar)?;
        let cut = elsewhere.folder.path().join("cut.tar.gz");
        let whole = fs::read(&file)?;
        fs::write(&cut, &whole[..whole.len() / 2])?;
        let program = elsewhere.folder.path().join("upcall");
        let cut = elsewhere.call(&program, &["qemu"], &["unpack", "cut.tar.gz"]).output()?;
        let stderr = String::from_utf8_lossy(&cut.stderr).into_owned();
        if cut.status.code() != Some(3)
            || !stderr.starts_with("error: `cut.tar.gz` is damaged: ")
            || elsewhere.folder.path().join("cut").exists()
        {
            return Err(format!("a part of a pack: {}\n{stderr}", cut.status).into());
        }
        succeed(&mut elsewhere.call(&program, &["qemu"], &["unpack", "class.tar.gz"]))?;
        Ok(elsewhere)
    }

    /// Puts programs of this host into a folder for the PATH.
    fn put(&self, folder: &str, programs: &[&str]) -> Result<(), Failed> {
        for name in programs {
            let place = on_path(name).ok_or_else(|| format!("the host has no {name}"))?;
            symlink(place, self.folder.path().join(folder).join(name))?;
        }
        Ok(())
    }

    /// A call with these folders as its PATH, from another folder than the pack's.
    fn call(&self, program: &Path, path: &[&str], words: &[&str]) -> Command {
        let home = self.folder.path().join("home");
        let path = path.iter().map(|name| self.folder.path().join(name));
        let mut command = Command::new(program);
        command.args(words).env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("HOME", home).env("PATH", std::env::join_paths(path).expect("no colons"));
        command
    }

    fn upcall(&self, path: &[&str], words: &[&str]) -> Command {
        self.call(&self.pack.join("upcall"), path, &[&["--work", "work"], words].concat())
    }

    /// Starts an exercise, and puts its solution in.
    fn solve(&self, lab: &Lab<'_>, lesson: &str) -> Result<Exercise, Failed> {
        succeed(&mut self.upcall(&[], &["start", lesson]))?;
        let exercise = Exercise::read(&lab.course.find(lesson)?, Seed::default())?;
        let folder = self.folder.path().join("work").join(lesson);
        fs::write(folder.join(exercise.file.name()), exercise.sample(&Sample::Solution))?;
        Ok(exercise)
    }
}

/// One test, because making a pack takes seconds.
fn is_used_as_it_is(lab: &Lab<'_>) -> Result<(), Failed> {
    let elsewhere = Elsewhere::new()?;
    let before = listing(&elsewhere.pack)?;
    let about = serde_json::from_slice::<Value>(&fs::read(elsewhere.pack.join(host::PACK))?)?;
    schemas::check("pack", &about)?;

    // The run is the one that this host has, and nothing is built, which would be told.
    let words = ["run", "sigchld"];
    let there = succeed(&mut elsewhere.upcall(&["qemu"], &words))?;
    let here = succeed(Command::new(std::env::current_exe()?).args(words))?;
    same("the first run", &there, &here)?;
    let words = ["run", "kill-pid"];
    let there = succeed(&mut elsewhere.upcall(&["qemu"], &words))?;
    let here = succeed(Command::new(std::env::current_exe()?).args(words))?;
    same("a run with a module", &there, &here)?;

    // A program is compiled by this host's rustc, with the pack's crates.
    let toolchain = Toolchain::here(&lab.cache)?;
    symlink(&toolchain.rustc, elsewhere.folder.path().join("rustc/rustc"))?;
    let exercise = elsewhere.solve(lab, "sigchld")?;
    assert!(matches!(exercise.file, StudentFile::Program { .. }));
    let mut check = elsewhere.upcall(&["qemu", "rustc"], &["check", "sigchld"]);
    succeed(&mut check)?;

    // A module wants make, which is named.
    let exercise = elsewhere.solve(lab, "kill-pid")?;
    assert!(matches!(exercise.file, StudentFile::Module { .. }));
    let lacking = elsewhere.upcall(&["qemu", "rustc"], &["check", "kill-pid"]).output()?;
    let told = String::from_utf8_lossy(&lacking.stderr).into_owned();
    if lacking.status.code() != Some(69) || !told.contains("error: the host lacks make\n") {
        return Err(format!("without make: {}\n{told}", lacking.status).into());
    }
    let mut check = elsewhere.upcall(&["qemu", "rustc", "make"], &["check", "kill-pid"]);
    succeed(&mut check)?;

    // Another kernel is not there.
    let other = elsewhere
        .upcall(&["qemu"], &["exec", "--kernel-with", "block", "--", "/bin/true"])
        .output()?;
    let told = String::from_utf8_lossy(&other.stderr).into_owned();
    if !told.starts_with("error: this pack has no such kernel, and a pack builds none\n") {
        return Err(format!("another kernel: {}\n{told}", other.status).into());
    }

    // Another rustc would compile the crates again, by Cargo: all that it needs is there.
    let cargo = toolchain.rustc.with_file_name("cargo");
    let words = ["metadata", "--locked", "--offline", "--format-version", "1"];
    let mut cargo = elsewhere.call(&cargo, &["rustc"], &words);
    let metadata = succeed(cargo.current_dir(&elsewhere.pack))?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let root = elsewhere.pack.canonicalize()?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        if !Path::new(manifest).starts_with(&root) {
            return Err(format!("`{manifest}` is not in the pack").into());
        }
    }

    // All of this can be done in a pack that nobody may write to.
    let after = listing(&elsewhere.pack)?;
    match before == after {
        true => Ok(()),
        false => Err(difference(&before, &after)),
    }
}

fn succeed(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let text = [&output.stdout[..], b"--- stderr\n", &output.stderr].concat();
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&text)).into())
}

fn same(what: &str, there: &Output, here: &Output) -> Result<(), Failed> {
    let stderr = String::from_utf8_lossy(&there.stderr);
    if !stderr.is_empty() {
        return Err(format!("{what}: something is told: {stderr}").into());
    }
    match there.stdout == here.stdout {
        true => Ok(()),
        false => Err(format!("{what} is another one").into()),
    }
}

/// The files below a folder, each with what a change of it would change.
fn listing(folder: &Path) -> Result<BTreeMap<PathBuf, String>, Failed> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let meta = fs::symlink_metadata(&path)?;
        let (inode, changed) = (meta.ino(), (meta.ctime(), meta.ctime_nsec()));
        if meta.is_dir() {
            found.extend(listing(&path)?);
        }
        found.insert(path, format!("{inode} {changed:?} {}", meta.len()));
    }
    Ok(found)
}

fn difference(before: &BTreeMap<PathBuf, String>, after: &BTreeMap<PathBuf, String>) -> Failed {
    let changed = after.iter().find(|(path, state)| before.get(*path) != Some(*state));
    let gone = before.keys().find(|path| !after.contains_key(*path));
    format!("it was written to: changed {changed:?}, gone {gone:?}").into()
}

/// A person whose own cache is empty runs a lesson from a shared one.
fn a_cache_for_many(lab: &Lab<'_>) -> Result<(), Failed> {
    let shared = Scratch::new(lab, ALL)?;
    let own = tempfile::tempdir()?;
    let run = |value: &Path| -> Result<Output, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--course").arg(course()).args(["run", "lesson-1"]).stdin(Stdio::null());
        Ok(command.env("XDG_CACHE_HOME", own.path()).env(SHARED_VARIABLE, value).output()?)
    };
    let before = listing(shared.cache.root())?;
    let ran = run(shared.cache.root())?;
    let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !ran.status.success() || stderr.contains("building") {
        return Err(format!("{}\n{stderr}", ran.status).into());
    }
    let after = listing(shared.cache.root())?;
    if before != after {
        return Err(difference(&before, &after));
    }
    for kind in ["kernel", "kernel-source", "initramfs", "checkpoints"] {
        if own.path().join("upcall").join(kind).exists() {
            return Err(format!("`{kind}` was built again").into());
        }
    }
    for (value, reason) in [
        (own.path().join("nowhere"), "No such file or directory (os error 2)"),
        (PathBuf::from("."), "it is relative"),
    ] {
        let refused = run(&value)?;
        let expected = format!(
            "error: `{SHARED_VARIABLE}` is `{}`, which is not the path of a folder: {reason}\n",
            value.display()
        );
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        if refused.status.code() != Some(2) || !told.starts_with(&expected) {
            return Err(format!("{}\n{told}{expected}", refused.status).into());
        }
    }
    Ok(())
}

/// Containers do not run here. What can be read off the recipes is: the packages are those
/// that the lab wants, and the files that they name are there.
fn recipes(lab: &Lab<'_>) -> Result<(), Failed> {
    let root = &lab.course.root;
    let from_pack = [QEMU, LINKER, "libc.a", MAKE];
    let all: Vec<&str> = NEEDS
        .iter()
        .filter(|need| need.commands().is_empty())
        .map(|need| need.packages.apt)
        .filter(|name| *name != "rustup")
        .collect();
    let of_pack: Vec<&str> = NEEDS
        .iter()
        .filter(|need| from_pack.contains(&need.name))
        .map(|need| need.packages.apt)
        .collect();
    for (file, packages) in
        [("docs/pack/Containerfile", of_pack), (".devcontainer/Containerfile", all)]
    {
        let text = fs::read_to_string(root.join(file))?.replace("\\\n", " ");
        let known = ["FROM", "RUN", "ENV", "USER", "WORKDIR", "COPY", "CMD"];
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let word = line.split(' ').next().unwrap_or_default();
            if !known.contains(&word) {
                return Err(format!("{file}: `{line}` is no instruction that is known").into());
            }
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        for package in packages {
            if !words.contains(&package) {
                return Err(format!("{file} does not install {package}").into());
            }
        }
    }
    let file = root.join(".devcontainer/devcontainer.json");
    let container: Value = serde_json::from_slice(&fs::read(&file)?)?;
    let named = container["build"]["dockerfile"].as_str().unwrap_or_default();
    match file.with_file_name(named).is_file() {
        true => Ok(()),
        false => Err(format!("{}: there is no `{named}` beside it", file.display()).into()),
    }
}
