//! What the snapshots were recorded with. Times in them are counts of
//! instructions, so they belong to one kernel, one QEMU and one compiler. Where a
//! run differs from its snapshot and these do, too, that is the first thing to
//! know.

use std::fs::read_to_string;
use std::path::PathBuf;

use lab::guest::programs::RUSTC_VERSION;
use lab::host::version_line;
use lab::run::{Lab, Machine};
use lab::vm::command::QEMU;
use libtest_mimic::Failed;

use crate::quotes::is_updating;

fn file() -> PathBuf {
    lab::root().join("tests/snapshots/recorded-with.txt")
}

/// Notes this host's tools, if snapshots are being recorded.
pub fn note(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    if is_updating() {
        std::fs::write(file(), tools(lab, machine)?)?;
    }
    Ok(())
}

/// In what this host differs from the one that recorded the snapshots, and what
/// follows from it; `None` if it does not.
pub fn difference(lab: &Lab<'_>, machine: &Machine) -> Result<Option<String>, Failed> {
    let (there, here) = (read_to_string(file())?, tools(lab, machine)?);
    Ok((there != here).then(|| {
        format!(
            "The snapshots were recorded with\n\n{there}\nand this host has\n\n{here}\n\
             So times may differ, and what happens at the same time may change places.\n\
             `INSTA_UPDATE=always cargo xtask test lessons` records this host's;\n\
             `git diff` then shows whether anything else has changed."
        )
    }))
}

fn tools(lab: &Lab<'_>, machine: &Machine) -> Result<String, Failed> {
    let config = machine.kernel.build_dir.join(".config");
    let config = read_to_string(&config)
        .map_err(|e| format!("failed to read `{}`: {e}", config.display()))?;
    let compiler = config
        .lines()
        .find_map(|line| line.strip_prefix("CONFIG_CC_VERSION_TEXT="))
        .ok_or("the kernel's .config names no compiler")?;
    let qemu = version_line(&lab.cache, QEMU).ok_or("QEMU does not say its version")?;
    let rustc = RUSTC_VERSION.split(';').next().unwrap_or_default();
    let release = &machine.kernel.release;
    Ok(format!("Linux {release}, compiled by {}\n{qemu}\n{rustc}\n", compiler.trim_matches('"')))
}
