//! `exec` with much: the machine is as large as what goes into it needs.

use std::fs::{self, File};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::{FolderCheck, exec, in_folders, same};

const CHECKS: &[(&str, FolderCheck)] = &[
    ("no-size-of-a-payload-panics-the-kernel", sizes),
    ("no-number-of-files-panics-the-kernel", numbers),
    ("a-program-has-the-memory-it-is-given", memory),
    ("what-is-too-large-for-the-host-is-refused", too_large),
    ("a-plan-shows-size-and-files", plan),
];

/// One test per property, each in its own folder.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    in_folders(lab, machine, "exec", CHECKS)
}

/// A file of zeros that takes nothing of the disk, to be put at `/x/f`.
fn zeros(at: &Path, bytes: u64) -> Result<String, Failed> {
    File::create(at.join("zeros"))?.set_len(bytes)?;
    Ok(format!("{}:/x/f", at.join("zeros").display()))
}

/// Runs a program. Another test may be making the same checkpoint just then, which `exec`
/// says and waits for.
fn in_turn(flags: &[&str]) -> Result<Output, Failed> {
    const WAITS: &[u8] = b"waiting for another process that builds the checkpoints\n";
    let mut output = exec(flags, None)?;
    if let Some(rest) = output.stderr.strip_prefix(WAITS) {
        output.stderr = rest.to_owned();
    }
    Ok(output)
}

/// On both sides of each size at which the memory or the payload's device doubles, and
/// where the smallest machine's file system and memory would be full.
fn sizes(at: &Path) -> Result<(), Failed> {
    for mib in [9, 11, 16, 19, 27, 32, 64] {
        let bytes = mib << 20;
        let flags = ["--file", &zeros(at, bytes)?, "--", "stat", "-c", "%s", "/x/f"];
        let output = in_turn(&flags)?;
        same(&output, 0, format!("{bytes}\n").as_bytes(), b"")
            .map_err(|e| format!("{mib} MiB: {}", e.message().unwrap_or_default()))?;
    }
    Ok(())
}

/// The smallest machine's file system has 6,293 inodes left.
fn numbers(at: &Path) -> Result<(), Failed> {
    let mut there = 0;
    let carried = format!("{}:/x", at.display());
    for number in [2700, 4100, 6400, 20_000] {
        for file in there..number {
            File::create(at.join(file.to_string()))?;
        }
        there = number;
        let flags = ["--file", &carried, "--", "find", "/x", "-type", "f", "-printf", "."];
        let output = in_turn(&flags)?;
        same(&output, 0, ".".repeat(number).as_bytes(), b"")
            .map_err(|e| format!("{number}: {}", e.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn memory(_: &Path) -> Result<(), Failed> {
    let available = |flags: &[&str]| -> Result<u64, Failed> {
        let output = exec(&[flags, &["--", "cat", "/proc/meminfo"]].concat(), None)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no such line")?;
        Ok(kib.parse::<u64>()? >> 10)
    };
    let (small, large) = (available(&[])?, available(&["--memory", "200M"])?);
    match small < 64 && large >= 200 {
        true => Ok(()),
        false => Err(format!("{small} MiB, and {large} MiB with --memory 200M").into()),
    }
}

fn too_large(at: &Path) -> Result<(), Failed> {
    for (flags, begin) in [
        // More than any host has. The program and its libraries, a few MB, add to it.
        (["--file", &zeros(at, 1 << 40)?], " MB of files need a machine of "),
        (["--memory", "4000000G"], " MB of files and 4294967296 MB for the program need "),
    ] {
        let output = exec(&[&flags[..], &["--", "true"]].concat(), None)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let end = " MB of memory left\n\
                   hint: bring less, ask for less with --memory, or end other programs\n";
        if output.status.code() != Some(125) || !said.contains(begin) || !said.ends_with(end) {
            return Err(format!("{}: {said}", output.status).into());
        }
    }
    Ok(())
}

fn plan(at: &Path) -> Result<(), Failed> {
    fs::write(at.join("file"), "x")?;
    let file = at.join("file").display().to_string();
    let carried = format!("{file}:/y/f");
    let output = exec(&["--plan", "--memory", "1G", "--file", &carried, "--", "true"], None)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let first = "the machine has 2048 MiB of memory, and 32 MiB for the payload\n";
    match text.starts_with(first) && text.contains(&format!("\n  /y/f, from {file}\n")) {
        true => Ok(()),
        false => Err(format!("{}: {text}", output.status).into()),
    }
}
