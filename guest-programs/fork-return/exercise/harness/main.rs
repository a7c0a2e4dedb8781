//! Lowers the limit of processes for the student's program.
//!
//! Usage: harness LIMIT COUNT

use std::error::Error;
use std::os::unix::process::CommandExt;

use nix::sys::resource::{Resource, setrlimit};

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut arguments = std::env::args_os().skip(1);
    let limit = arguments.next().ok_or("usage: harness LIMIT COUNT")?;
    let limit: u64 = limit.to_str().ok_or("the limit is no text")?.parse()?;
    let mut command = student::command(arguments);
    // SAFETY: one system call, which a child between fork and exec may make.
    unsafe { command.pre_exec(move || Ok(setrlimit(Resource::RLIMIT_NPROC, limit, limit)?)) };
    let mut program = student::spawn(&mut command)?;
    student::wait(&mut program)?;
    Ok(())
}
