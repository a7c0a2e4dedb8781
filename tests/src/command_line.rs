//! The command line on a miniature course: compares exactly what each command prints, and
//! its exit status.

use std::fs::File;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use builder::guest::{kmods, programs};
use host::{BUSYBOX, Distribution, NEEDS};
use lab::course::Course;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use vm::accel::{KVM, probe_kvm};

use crate::Test;
use crate::snapshots::compare;

/// A run of the command line.
struct Call {
    name: &'static str,
    args: &'static [&'static str],
    /// Sets an environment variable, using an empty folder.
    env: Option<fn(&Path) -> io::Result<Variable>>,
    /// A need that the host then does not meet. How to install it differs from host to
    /// host, so the snapshot has `‹command›` instead.
    lacks: Option<&'static str>,
    status: i32,
}

/// An environment variable and its value.
type Variable = (&'static str, PathBuf);

const CALLS: &[Call] = &[
    call("list", &["list"], 0),
    call("list-json", &["list", "--json"], 0),
    call("list-map", &["list", "--map"], 0),
    call("list-map-json", &["list", "--map", "--json"], 0),
    call("plan", &["plan", "lesson-1"], 0),
    call("plan-json", &["plan", "lesson-1", "--json"], 0),
    call("plan-cold", &["plan", "lesson-1", "--cold"], 0),
    call("plan-debug-kernel", &["plan", "lesson-1", "--debug-kernel"], 0),
    call("plan-kernel-with", &["plan", "lesson-1", "--kernel-with", "gpio,block,gpio"], 0),
    call("exec-kernel-with-unknown", &["exec", "--kernel-with", "block,usb", "--", "true"], 125),
    call("run-passing", &["run", "lesson-1", "--story"], 0),
    call("run-passing-without-trace", &["run", "lesson-1", "--no-trace"], 0),
    call("run-scene", &["run", "passing", "--scene", "says_hello", "--story"], 0),
    call("run-facts-first", &["run", "unproven", "--facts", "--story"], 1),
    call("run-narrowed", &["run", "passing", "--task", "program", "--grep", "exits", "--story"], 0),
    call("run-pattern-malformed", &["run", "passing", "--grep", "a(b"], 2),
    call("run-scene-unknown", &["run", "passing", "--scene", "says-helo"], 2),
    call("run-numbered", &["run", "lesson-01-passing", "--no-trace"], 0),
    call("run-numbered-otherwise", &["run", "lesson-02-passing", "--no-trace"], 0),
    call("run-failing", &["run", "failing", "--story"], 1),
    call("run-hanging", &["run", "4", "--story"], 4),
    call("run-running-away", &["run", "8"], 4),
    call("run-unproven", &["run", "unproven", "--story"], 1),
    call("run-broken", &["run", "broken"], 3),
    call("run-unknown", &["run", "lesson-99"], 2),
    call("run-nearly", &["run", "pasing"], 2),
    call("mutants-of-no-exercise", &["mutants", "lesson-1"], 2),
    call("unknown-command", &["rum", "lesson-1"], 2),
    call("new-with-a-number", &["new", "01-other"], 2),
    call("new-name-taken", &["new", "passing"], 2),
    call("new-crate-taken", &["new", "nix"], 2),
    call("new-folder-taken", &["new", "run-away", "--kmod"], 2),
    call("new-malformed", &["new", "Hello"], 2),
    call("shard-of-nothing", &["test", "--shard", "3/2"], 2),
    Call {
        name: "kernel-source-unreadable",
        args: &["--kernel-source", "/nowhere/linux", "run", "lesson-1"],
        env: Some(empty_cache),
        lacks: None,
        status: 3,
    },
    Call {
        name: "flex-missing",
        args: &["--no-install", "run", "lesson-1"],
        env: Some(path_without_flex),
        lacks: Some("flex"),
        status: 69,
    },
    Call {
        name: "shell-busybox-missing",
        args: &["--no-install", "shell"],
        env: Some(path_without_busybox),
        lacks: Some(BUSYBOX),
        status: 69,
    },
];

const fn call(name: &'static str, args: &'static [&'static str], status: i32) -> Call {
    Call { name, args, env: None, lacks: None, status }
}

/// One test per call.
pub fn all(lab: &Lab<'_>, machine: &Machine) -> Result<Vec<Test>, Error> {
    // Build this first, so that no call reports that it builds or waits for another.
    let course = Course::open(&course())?;
    for name in course.names.iter().filter(|name| name.as_str() != BROKEN) {
        let lesson = course.read(name)?;
        programs::build(&course.root, &lesson.folder, &lab.cache, lab.progress)?;
        for kmod in &lesson.experiment.kmods {
            kmods::build(&course.root, kmod, &machine.kernel, &lab.cache, lab.progress)?;
        }
    }
    let test = |call: &'static Call| {
        Test::new(format!("command-line::{}", call.name), move || check(call))
    };
    let mut tests: Vec<Test> = CALLS.iter().map(test).collect();
    tests.push(Test::new("command-line::run-panicking".to_owned(), panics));
    tests.push(Test::new("command-line::run-interrupted".to_owned(), host_interrupts));
    let name = "command-line::test-without-a-reader";
    tests.push(Test::new(name.to_owned(), a_reader_leaves));
    let name = "command-line::output-that-cannot-be-written";
    tests.push(Test::new(name.to_owned(), full));
    if probe_kvm(Path::new(KVM)).is_err() {
        tests.push(Test::new("command-line::run-kvm".to_owned(), kvm_is_refused));
    }
    Ok(tests)
}

/// A panic is reported by its own line. The end of the log after it contains addresses
/// and registers, which depend on the host.
fn panics() -> Result<(), Failed> {
    let output = Command::new(std::env::current_exe()?)
        .arg("--course")
        .arg(course())
        .args(["run", "panicking"])
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let (said, log) = stderr.split_once('\n').ok_or("nothing is said")?;
    let expected = "error: the guest kernel panicked: Kernel panic - not syncing: \
                    Attempted to kill init! exitcode=0x0000000b";
    let is_log = !log.is_empty() && log.lines().all(|line| line.starts_with("  "));
    if output.status.code() == Some(4) && output.stdout.is_empty() && said == expected && is_log {
        Ok(())
    } else {
        Err(format!("{}, and not 4 and `{expected}`:\n{stderr}", output.status).into())
    }
}

/// An interrupt from outside the machine comes at any time, so times differ and are not
/// in a snapshot. But each of the lesson's facts must hold.
fn host_interrupts() -> Result<(), Failed> {
    let output = Command::new(std::env::current_exe()?)
        .arg("--course")
        .arg(course())
        .args(["run", "interrupted", "--json"])
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let run: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("{}: {e}\n{stderr}", output.status))?;
    let facts = run["expected"].as_array().map_or(0, Vec::len);
    if output.status.success() && run["passed"] == true && facts == 5 {
        Ok(())
    } else {
        Err(format!("{}, {facts} facts: {:#}", output.status, run["expected"]).into())
    }
}

/// What `| head` does. This tests the test command itself, with the fastest test: one
/// rule of tidy.
fn a_reader_leaves() -> Result<(), Failed> {
    let (reader, writer) = nix::unistd::pipe()?;
    drop(reader);
    let output = Command::new(std::env::current_exe()?)
        .args(["test", "tidy::no-snapshot"])
        .stdin(Stdio::null())
        .stdout(writer)
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(1) && !stderr.contains("panicked") {
        Ok(())
    } else {
        Err(format!("{}, but 1 was expected, and no word of a panic\n{stderr}", output.status)
            .into())
    }
}

/// On a full disk, a command fails even if everything else succeeded.
fn full() -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    for args in [&["list"][..], &["plan", "1"], &["progress"], &["run", "1"], &["--help"]] {
        let output = Command::new(std::env::current_exe()?)
            .arg("--course")
            .arg(course())
            .arg("--work")
            .arg(work.path())
            .args(args)
            .stdin(Stdio::null())
            .stdout(File::options().write(true).open("/dev/full")?)
            .output()?;
        cannot_be_written(&output)?;
    }
    Ok(())
}

/// Checks that a command failed because its output could not be written, and said so in
/// one line.
pub fn cannot_be_written(output: &Output) -> Result<(), Failed> {
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "error: failed to write `/dev/stdout`: No space left on device (os error 28)\n";
    if output.status.code() == Some(3) && said == expected {
        Ok(())
    } else {
        Err(format!("{}, but 3 was expected\n{said}{expected}", output.status).into())
    }
}

/// If KVM does not work, the reason depends on the host and is not in a snapshot.
fn kvm_is_refused() -> Result<(), Failed> {
    let reason = probe_kvm(Path::new(KVM)).expect_err("it was just so").reason;
    let output = Command::new(std::env::current_exe()?)
        .arg("--course")
        .arg(course())
        .args(["run", "lesson-1", "--accel", "kvm"])
        .output()?;
    let expected = format!(
        "error: `--accel kvm` does not work here: {reason}\n\
         hint: leave `--accel kvm` out: emulation works everywhere\n"
    );
    let found = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(69) && found == expected {
        Ok(())
    } else {
        Err(format!("{}, but 69 was expected\n{found}{expected}", output.status).into())
    }
}

/// A lesson whose program does not compile.
const BROKEN: &str = "broken";

pub fn course() -> PathBuf {
    builder::root().join("tests/miniature-course")
}

fn check(call: &Call) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--course").arg(course()).args(call.args).stdin(Stdio::null());
    if let Some(env) = call.env {
        let (name, value) = env(folder.path())?;
        command.env(name, value);
    }
    let output = command.output()?;
    let mut text = format!(
        "$ cargo xtask {}\n[exit status {}]\n--- stdout\n{}--- stderr\n{}",
        call.args.join(" "),
        output.status.code().map_or("none".to_owned(), |status| status.to_string()),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if let Some(name) = call.lacks {
        let distribution = Distribution::here();
        let needs = NEEDS.iter().filter(|need| need.name == name);
        let command = distribution.command(&distribution.packages(needs));
        text = text.replace(&command, "‹command›");
    }
    compare(&format!("command-line-{}", call.name), &text)?;
    if output.status.code() == Some(call.status) {
        Ok(())
    } else {
        Err(format!("the exit status should be {}:\n{text}", call.status).into())
    }
}

/// A cache that is empty.
fn empty_cache(folder: &Path) -> io::Result<Variable> {
    Ok(("XDG_CACHE_HOME", folder.to_owned()))
}

fn path_without_flex(folder: &Path) -> io::Result<Variable> {
    path_without("flex", folder)
}

fn path_without_busybox(folder: &Path) -> io::Result<Variable> {
    path_without(BUSYBOX, folder)
}

/// A PATH with every program of the real one except `missing`.
fn path_without(missing: &str, folder: &Path) -> io::Result<Variable> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for directory in std::env::split_paths(&path) {
        for program in std::fs::read_dir(directory).into_iter().flatten() {
            let program = program?;
            let link = folder.join(program.file_name());
            // The first program with a name wins, as in the search along PATH.
            if program.file_name() != missing && link.symlink_metadata().is_err() {
                symlink(program.path(), link)?;
            }
        }
    }
    Ok(("PATH", folder.to_owned()))
}
