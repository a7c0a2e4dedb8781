//! The command line that goes into a pack.

use std::path::PathBuf;

use builder::cache::Cache;
use builder::host::toolchain::Toolchain;
use builder::progress::Progress;
use process::Command;

use super::done_by_cargo;
use crate::error::Error;

/// Where Cargo builds it, below `target`.
const FOLDER: &str = "pack";

/// Builds the command line so that it runs on hosts with another C library, or an older
/// one: optimised, and linked statically. In a pack, it is the pack's own.
pub fn build(cache: &Cache, progress: &dyn Progress) -> Result<PathBuf, Error> {
    let root = builder::root();
    if builder::pack::here().is_some() {
        return Ok(root.join(super::PROGRAM));
    }
    let toolchain = Toolchain::here(cache).map_err(builder::guest::programs::ProgramError::from)?;
    let folder = root.join("target").join(FOLDER);
    let detail = "compiling it for other hosts, which takes some minutes the first time";
    let _stage = progress.begin_at("command line", detail);
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--profile", "pack", "--package", super::PROGRAM])
        .args(["--target", &toolchain.target])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(&root)
        .env_remove("CARGO_MANIFEST_DIR")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    let output = cargo.output().map_err(Error::file("run", "cargo"));
    done_by_cargo("build the command line", &output?)?;
    Ok(folder.join(&toolchain.target).join("pack").join(super::PROGRAM))
}
