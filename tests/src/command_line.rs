//! The command line against a miniature course: what each command prints, to
//! the letter, and its exit status.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

use crate::Test;
use crate::lessons::compare;

/// A call of the command line.
struct Call {
    name: &'static str,
    args: &'static [&'static str],
    /// Environment variables to set.
    env: fn() -> Vec<(&'static str, String)>,
    status: i32,
}

const CALLS: &[Call] = &[
    call("list", &["list"], 0),
    call("list-json", &["list", "--json"], 0),
    call("plan", &["plan", "lesson-1"], 0),
    call("plan-cold", &["plan", "lesson-1", "--cold"], 0),
    call("run-passing", &["run", "lesson-1"], 0),
    call("run-passing-without-trace", &["run", "lesson-1", "--no-trace"], 1),
    call("run-failing", &["run", "failing"], 1),
    call("run-panicking", &["run", "lesson-03-panicking"], 4),
    call("run-hanging", &["run", "4"], 4),
    call("run-unproven", &["run", "unproven"], 1),
    call("run-broken", &["run", "broken"], 3),
    call("run-unknown", &["run", "lesson-99"], 2),
    call("run-nearly", &["run", "pasing"], 2),
    call("unknown-command", &["rum", "lesson-1"], 2),
    call("shard-of-nothing", &["test", "--shard", "3/2"], 2),
    Call {
        name: "kernel-source-unreadable",
        args: &["--kernel-source", "/nowhere/linux", "run", "lesson-1"],
        env: empty_cache,
        status: 3,
    },
    Call {
        name: "flex-missing",
        args: &["--no-install", "run", "lesson-1"],
        env: path_without_flex,
        status: 69,
    },
];

const fn call(name: &'static str, args: &'static [&'static str], status: i32) -> Call {
    Call { name, args, env: Vec::new, status }
}

/// One test a call.
pub fn all() -> Vec<Test> {
    let test = |call: &'static Call| {
        Test::new(format!("command-line::{}", call.name), move || check(call))
    };
    CALLS.iter().map(test).collect()
}

fn check(call: &Call) -> Result<(), Failed> {
    let course = lab::root().join("tests/miniature-course");
    let output = Command::new(std::env::current_exe()?)
        .arg("--course")
        .arg(&course)
        .args(call.args)
        .envs((call.env)())
        .stdin(Stdio::null())
        .output()?;
    let text = format!(
        "$ cargo xtask {}\n[exit status {}]\n--- stdout\n{}--- stderr\n{}",
        call.args.join(" "),
        output.status.code().map_or("none".to_owned(), |status| status.to_string()),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    compare(&format!("command-line-{}", call.name), &text)?;
    if output.status.code() == Some(call.status) {
        Ok(())
    } else {
        Err(format!("the exit status should be {}:\n{text}", call.status).into())
    }
}

/// A cache with nothing in it; the folder is the operating system's to remove.
fn empty_cache() -> Vec<(&'static str, String)> {
    let folder = std::env::temp_dir().join(format!("upcall-empty-cache-{}", std::process::id()));
    vec![("XDG_CACHE_HOME", folder.display().to_string())]
}

/// A PATH that has every program of the real one but flex.
fn path_without_flex() -> Vec<(&'static str, String)> {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("upcall-no-flex-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for directory in std::env::split_paths(&path) {
        for program in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if program.file_name() != "flex" {
                // The first of a name wins, as in the search along PATH.
                let link = folder.join(program.file_name());
                let _ = std::os::unix::fs::symlink(program.path(), link);
            }
        }
    }
    vec![("PATH", folder.display().to_string())]
}
