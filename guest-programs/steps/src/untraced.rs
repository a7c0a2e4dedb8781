//! A program whose events would bury the lesson's.

use std::process::Command;
use std::{fs, io};

use marker::check;

/// Runs a program while nothing is traced, and checks that it exits with 0.
pub fn run_untraced(program: &str) -> io::Result<()> {
    const TRACING: &str = "/sys/kernel/tracing/tracing_on";
    fs::write(TRACING, "0")?;
    let status = Command::new(program).status()?;
    fs::write(TRACING, "1")?;
    check!(program, status.code(), Some(0));
    Ok(())
}
