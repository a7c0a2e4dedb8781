//! Runs a command of the lab in a second process that has a keeper. If the command is
//! ended, everything that it started by itself ends too, and all of its temporary folders
//! are in one that is removed.

use std::os::unix::process::ExitStatusExt;

use lab::error::Error;
use process::{Command, Temporary, interrupt};

use crate::outcome::{Outcome, Result};

/// Set for the second process.
const KEPT: &str = "UPCALL_IS_KEPT";

/// Runs `command` in the second process; the first one waits for it.
pub fn kept(command: impl FnOnce() -> Result) -> Result {
    if std::env::var_os(KEPT).is_some() { command() } else { wait() }
}

fn wait() -> Result {
    interrupt::listen().map_err(Error::file("listen for signals by", "socketpair"))?;
    let temporary = Temporary::new()?;
    let program = std::env::current_exe().map_err(Error::file("find", "/proc/self/exe"))?;
    let mut second = Command::new(&program);
    second.in_foreground().args(std::env::args_os().skip(1));
    second.env(KEPT, "yes").env("TMPDIR", temporary.path());
    let status = second.status().map_err(Error::file("run", program))?;
    let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(Outcome::of_program(u8::try_from(status).unwrap_or(u8::MAX)))
}
