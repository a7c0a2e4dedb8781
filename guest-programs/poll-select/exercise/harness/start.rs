//! The student's program between three pipes.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use nix::fcntl::OFlag;
use nix::unistd::{dup2_raw, pipe2};

/// The descriptor that the student's program reads the right input from. Above
/// all that this harness has open.
const RIGHT: RawFd = 10;

/// Starts it, and returns where its left and its right input come from.
pub fn start() -> io::Result<(Child, File, File)> {
    let (left, left_in) = pipe2(OFlag::O_CLOEXEC)?;
    let (right, right_in) = pipe2(OFlag::O_CLOEXEC)?;
    let mut command = student::command([]);
    command.stdin(left).stdout(Stdio::piped());
    let number = right.as_raw_fd();
    // SAFETY: one system call, and nobody owns the new number: it is the
    // program's from its start.
    unsafe {
        command.pre_exec(move || {
            std::mem::forget(dup2_raw(borrowed(number), RIGHT)?);
            Ok(())
        })
    };
    let program = student::spawn(&mut command)?;
    Ok((program, left_in.into(), right_in.into()))
}

/// A descriptor by its number, for the child.
fn borrowed(number: RawFd) -> impl AsFd {
    // SAFETY: `start` holds it open over the fork.
    unsafe { BorrowedFd::borrow_raw(number) }
}
