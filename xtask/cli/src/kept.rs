//! Commands that start programs by themselves run in a process that has a keeper: what
//! they start ends with them, and their temporary folders are all in one.

use std::os::unix::process::ExitStatusExt;

use lab::error::Error;
use process::{Command, Temporary, interrupt};

use crate::outcome::{Outcome, Result};

/// Set for the process that has a keeper.
const KEPT: &str = "UPCALL_TESTS_ARE_KEPT";

/// Whether this process has a keeper.
pub fn is_kept() -> bool {
    std::env::var_os(KEPT).is_some()
}

/// Runs this command again, in a process that has a keeper.
pub fn run() -> Result {
    interrupt::listen().map_err(Error::file("listen for signals by", "socketpair"))?;
    let temporary = Temporary::new()?;
    let program = std::env::current_exe().map_err(Error::file("find", "/proc/self/exe"))?;
    let mut tests = Command::new(&program);
    tests.in_foreground().args(std::env::args_os().skip(1));
    tests.env(KEPT, "yes").env("TMPDIR", temporary.path());
    let status = tests.status().map_err(Error::file("run", program))?;
    let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(Outcome::of_program(u8::try_from(status).unwrap_or(u8::MAX)))
}
