//! Tests that Cargo runs: unit tests, clippy and rustfmt.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::course::Course;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, StudentFile};
use libtest_mimic::Failed;
use xshell::{Cmd, Shell, cmd};

use crate::Test;

/// One test per tool.
pub fn all() -> Vec<Test> {
    let test = |name: &str, command: fn(&Shell) -> Cmd<'_>| {
        Test::new(format!("sources::{name}"), move || {
            let sh = Shell::new()?;
            sh.change_dir(builder::root());
            let output = command(&sh).quiet().ignore_status().output()?;
            if output.status.success() {
                return Ok(());
            }
            let text = [output.stdout, output.stderr].concat();
            Err(Failed::from(String::from_utf8_lossy(&text)))
        })
    };
    vec![
        Test::new("sources::tests-compile-nothing-twice".to_owned(), no_feature_differs),
        Test::new("sources::a-copied-checkout-works-on-itself".to_owned(), works_on_itself),
        test("unit-tests", |sh| {
            cmd!(
                sh,
                "cargo test --quiet --locked -p book -p builder -p explain -p host -p lab -p story -p trace -p vm -p tests -p xtask -p upcall -p protocol -p marker -p student"
            )
        }),
        test("clippy", |sh| {
            cmd!(
                sh,
                "cargo clippy --quiet --locked --workspace --all-targets --features upcall/test -- -D warnings"
            )
        }),
        test("rustfmt", |sh| cmd!(sh, "cargo fmt --all --check")),
        Test::new("sources::rustfmt-exercises".to_owned(), exercises_are_formatted),
    ]
}

/// `test` needs more crates than `run`, but no crate that both need may have other
/// features. Otherwise that crate and everything that depends on it, including the lab,
/// would be compiled twice.
fn no_feature_differs() -> Result<(), Failed> {
    let crates = |features: &[&str]| -> Result<BTreeSet<String>, Failed> {
        let sh = Shell::new()?;
        sh.change_dir(builder::root());
        let tree = cmd!(
            sh,
            "cargo tree --quiet --locked --package upcall {features...} --edges normal,build --prefix none --no-dedupe --format"
        );
        let lines = tree.arg("{p} {f}").quiet().read()?;
        Ok(lines.lines().filter(|line| !line.starts_with("upcall ")).map(str::to_owned).collect())
    };
    let (without, with) = (crates(&[])?, crates(&["--features", "test"])?);
    let differing: Vec<_> = without.difference(&with).collect();
    match differing.is_empty() && without.len() < with.len() {
        true => Ok(()),
        false => Err(format!("only `run` compiles these: {differing:#?}").into()),
    }
}

/// A checkout that was copied together with its program works on itself, no matter where
/// the program was compiled. So does one that was moved.
fn works_on_itself() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let [copy, moved] = ["a copy", "moved"].map(|name| folder.path().join(name));
    let (sh, program) = (Shell::new()?, "target/debug/upcall");
    sh.create_dir(copy.join("target/debug"))?;
    sh.copy_file(std::env::current_exe()?, copy.join(program))?;
    sh.change_dir(builder::root());
    cmd!(sh, "cp --recursive Cargo.toml Cargo.lock course.md images kmods guest-programs {copy}")
        .quiet()
        .run()?;

    let call = |program: &Path, manifest: Option<&Path>, args: &[&str]| {
        let mut command = Command::new(program);
        command.current_dir("/").args(args).env_remove("CARGO_MANIFEST_DIR");
        command.envs(manifest.map(|folder| ("CARGO_MANIFEST_DIR", folder.join("xtask"))));
        let output = command.output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Failed::from(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    };
    call(&copy.join(program), None, &["start", "sigchld"])?;
    std::fs::rename(&copy, &moved)?;
    call(&moved.join(program), None, &["start", "kill-pid"])?;
    // Run it as `cargo xtask` does in the checkout.
    call(&std::env::current_exe()?, Some(&moved), &["start", "poll-select"])?;
    let lessons = ["sigchld", "kill-pid", "poll-select"];
    let all_there = lessons.iter().all(|lesson| moved.join("work").join(lesson).is_dir());
    if !all_there || copy.exists() {
        return Err("the copy did not work on its own `work/`".into());
    }
    for file in ["Cargo.toml", ".cargo/config.toml"] {
        let text = std::fs::read_to_string(moved.join("work").join(file))?;
        let names = |folder: &Path| text.contains(&folder.display().to_string());
        if names(&copy) || !names(&moved) {
            return Err(format!("`{file}` does not say where the lab is now:\n{text}").into());
        }
    }
    Ok(())
}

/// No crate contains the files of exercises, because each is compiled alone. Frames and
/// the files made from them must be formatted.
fn exercises_are_formatted() -> Result<(), Failed> {
    let course = Course::open(&builder::root())?;
    let mut files = exercise_files(&builder::root().join("guest-programs"));
    let folder = tempfile::tempdir()?;
    for exercise in course.exercises(Seed::default())? {
        files.extend(assembled(&exercise, folder.path())?);
    }
    are_formatted(&files)
}

/// Writes an exercise's Rust files, made from its frame, into a folder. Returns their
/// paths.
pub fn assembled(exercise: &Exercise, folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    if let StudentFile::Module { .. } = exercise.file {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for sample in exercise.samples() {
        let file = folder.join(format!("{}-{}.rs", exercise.lesson.name, sample.name()));
        std::fs::write(&file, exercise.sample(&sample))?;
        files.push(file);
    }
    Ok(files)
}

/// Checks that rustfmt would not change these files.
pub fn are_formatted(files: &[PathBuf]) -> Result<(), Failed> {
    let sh = Shell::new()?;
    let config = builder::root().join("rustfmt.toml");
    let output = cmd!(sh, "rustfmt --check --edition 2024 --config-path {config} {files...}")
        .quiet()
        .ignore_status()
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err([output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat()
        .into())
}

/// The Rust files in all exercises.
fn exercise_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.path()).collect();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(exercise_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.components().any(|part| part.as_os_str() == "exercise")
        {
            files.push(path);
        }
    }
    files
}
