//! On a host without Landlock, no stranger's file is compiled.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;
use nix::libc::{ENOSYS, SYS_landlock_create_ruleset};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::Test;

pub fn all() -> Vec<Test> {
    vec![
        Test::new("landlock::missing".to_owned(), missing),
        Test::new("landlock::missing-for-a-makefile".to_owned(), missing_for_a_makefile),
    ]
}

fn missing() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let submission = folder.path().join("ada/sigchld");
    std::fs::create_dir_all(&submission)?;
    // A file that was compiled before is not compiled again, so this one is new.
    let text = format!("fn main() {{}} // {}\n", folder.path().display());
    std::fs::write(submission.join("main.rs"), text)?;

    let output = run_without(&["grade".as_ref(), folder.path().as_os_str()])?;
    let expected = "error: this kernel does not enforce Landlock rules\n\
                    hint: Landlock wants Linux 5.13 or newer and `landlock` among its security \
                    modules; without it a stranger's file is not compiled\n";
    let found = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(69) && found.ends_with(expected) && output.stdout.is_empty() {
        Ok(())
    } else {
        let stdout = String::from_utf8_lossy(&output.stdout);
        Err(format!("{}, but 69 was expected\n{stdout}{found}{expected}", output.status).into())
    }
}

fn missing_for_a_makefile() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("Makefile"), "obj-m := x.o\n")?;
    let output = run_without(&[
        "exec".as_ref(),
        "--kmod-src".as_ref(),
        folder.path().as_os_str(),
        "--".as_ref(),
        "true".as_ref(),
    ])?;
    let expected = "error: this kernel does not enforce Landlock rules\n\
                    hint: Landlock wants Linux 5.13 or newer and `landlock` among its security \
                    modules; with --trust a Makefile runs without it, and does what you may do\n";
    let found = String::from_utf8_lossy(&output.stderr);
    match output.status.code() == Some(125) && found.ends_with(expected) {
        true => Ok(()),
        false => Err(format!("{}, but 125 was expected\n{found}{expected}", output.status).into()),
    }
}

fn run_without(words: &[&OsStr]) -> Result<Output, Failed> {
    let filter = without_landlock()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words).stdin(Stdio::null());
    // SAFETY: system calls only, and the filter was made before the fork.
    unsafe {
        command.pre_exec(move || apply_filter(&filter).map_err(|_| io::ErrorKind::Other.into()))
    };
    Ok(command.output()?)
}

/// Simulates a kernel built without it: the first of its system calls does not exist.
fn without_landlock() -> Result<BpfProgram, Failed> {
    let filter = SeccompFilter::new(
        [(SYS_landlock_create_ruleset, vec![])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(ENOSYS as u32),
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}
