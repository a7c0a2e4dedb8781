//! Tests that Cargo runs: unit tests, clippy, rustfmt.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use xshell::{Cmd, Shell, cmd};

use crate::Test;

/// One test a tool.
pub fn all() -> Vec<Test> {
    let test = |name: &str, command: fn(&Shell) -> Cmd<'_>| {
        Test::new(format!("sources::{name}"), move || {
            let sh = Shell::new()?;
            sh.change_dir(lab::root());
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
        test("unit-tests", |sh| {
            cmd!(
                sh,
                "cargo test --quiet --locked -p host -p lab -p tests -p xtask -p upcall -p protocol -p marker -p student"
            )
        }),
        test("clippy", |sh| {
            cmd!(
                sh,
                "cargo clippy --quiet --locked --workspace --all-targets --features upcall/test -- -D warnings"
            )
        }),
        test("rustfmt", |sh| cmd!(sh, "cargo fmt --all --check")),
        // No crate has these: each is compiled alone.
        test("rustfmt-exercises", |sh| {
            let files = exercise_files(&lab::root().join("guest-programs"));
            cmd!(sh, "rustfmt --edition 2024 --check {files...}")
        }),
    ]
}

/// `test` needs more crates than `run`, but none that both need with other
/// features: that crate and all that stands on it, the lab first, would be
/// compiled twice.
fn no_feature_differs() -> Result<(), Failed> {
    let crates = |features: &[&str]| -> Result<BTreeSet<String>, Failed> {
        let sh = Shell::new()?;
        sh.change_dir(lab::root());
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

/// The Rust files of all exercises.
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
