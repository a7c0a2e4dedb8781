//! `exec`: a program in the machine behaves exactly as on the host.

mod endings;
mod events;
mod modules;
mod passed_on;
mod programs;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use builder::guest::kmods;
use host::BUSYBOX;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use tempfile::TempDir;
use vm::command::Accel;

use crate::Test;

/// What each test has: an empty folder, and a program that does one thing at a time.
struct Fixture {
    folder: TempDir,
    probe: PathBuf,
    /// The modules of `tests/out-of-tree-module`, in order.
    modules: Vec<PathBuf>,
}

type Check = fn(&Fixture) -> Result<(), Failed>;

/// One test per property.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let modules = kmods::build_folder(&module_folder(), &machine.kernel, &lab.cache, lab.progress)?;
    let programs = Arc::new(Programs::default());
    let test = |&(name, check): &(&str, Check)| {
        let (modules, programs) = (modules.clone(), Arc::clone(&programs));
        Test::new(format!("exec::{name}"), move || {
            let (folder, probe) = (tempfile::tempdir()?, programs.probe()?);
            check(&Fixture { folder, probe, modules })
        })
    };
    let checks =
        [passed_on::CHECKS, modules::CHECKS, events::CHECKS, programs::CHECKS, endings::CHECKS];
    let shell_checks = [programs::SHELL_CHECKS, endings::SHELL_CHECKS];
    let with_shell = shell_checks.into_iter().flatten().map(|check| test(check).needs(BUSYBOX));
    Ok(checks.into_iter().flatten().map(&test).chain(with_shell).collect())
}

/// A test that has a folder for itself.
pub type FolderCheck = fn(&Path) -> Result<(), Failed>;

/// Tests of a group that run `exec`, each in a folder of its own.
pub fn in_folders(
    lab: &Lab<'_>,
    machine: &Machine,
    group: &str,
    checks: &[(&str, FolderCheck)],
) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let test = |&(name, check): &(&str, FolderCheck)| {
        Test::new(format!("{group}::{name}"), move || {
            let folder = tempfile::tempdir()?;
            check(&folder.path().canonicalize()?)
        })
    };
    Ok(checks.iter().map(test).collect())
}

fn module_folder() -> PathBuf {
    builder::root().join("tests/out-of-tree-module")
}

/// Programs that tests share. The first test that needs one compiles it.
#[derive(Default)]
struct Programs(OnceLock<Result<(TempDir, PathBuf), String>>);

impl Programs {
    fn probe(&self) -> Result<PathBuf, Failed> {
        let compiled = self.0.get_or_init(|| {
            let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
            let probe = folder.path().join("probe");
            compile("probe.c", &probe, &["-static"])?;
            Ok((folder, probe))
        });
        Ok(compiled.as_ref().map(|(_, probe)| probe.clone())?)
    }
}

impl Fixture {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `exec FLAGS -- probe ARGS`, without input.
    fn probe(&self, flags: &[&str], args: &[&str]) -> Result<Output, Failed> {
        let probe = self.probe.to_string_lossy();
        exec(&[flags, &["--", &probe], args].concat(), None)
    }
}

/// Compiles a program in `tests/programs`.
fn compile(source: &str, program: &Path, flags: &[&str]) -> Result<(), String> {
    let source = builder::root().join("tests/programs").join(source);
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-Wall", "-Werror"]).args(flags).arg("-o").arg(program).arg(source);
    let output = gcc.output().map_err(|e| format!("failed to start gcc: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Runs `exec` with these words.
pub fn exec(words: &[&str], input: Option<&[u8]>) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("exec").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(input) = input else { return Ok(command.stdin(Stdio::null()).output()?) };
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut pipe = child.stdin.take().expect("it was asked for");
    std::thread::scope(|scope| {
        // A program that ends before it reads everything breaks the pipe.
        scope.spawn(move || drop(pipe.write_all(input)));
        Ok(child.wait_with_output()?)
    })
}

/// Compares everything that a run showed.
pub fn same(output: &Output, status: i32, stdout: &[u8], stderr: &[u8]) -> Result<(), Failed> {
    let found = (output.status.code(), output.stdout.as_slice(), output.stderr.as_slice());
    if found == (Some(status), stdout, stderr) {
        return Ok(());
    }
    let text = |bytes: &[u8]| match bytes.len() {
        0..=4000 => bytes.escape_ascii().to_string(),
        len => format!("{len} bytes"),
    };
    Err(format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}\nbut status {status} was expected\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr),
        text(stdout),
        text(stderr),
    )
    .into())
}
