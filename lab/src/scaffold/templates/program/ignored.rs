//! The deliberate failure: if the signal is ignored, only the error is left.

use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::SigHandler;
use nix::unistd::write;

use crate::sigpipe::act;

pub fn run(writer: &OwnedFd) -> nix::Result<()> {
    act(SigHandler::SigIgn)?;
    scene!("2. writes, with SIGPIPE ignored");
    let error = write(writer, b"x").expect_err("nobody reads");
    check!("write with SIGPIPE ignored", error, Errno::EPIPE);
    println!("2. ignored: write fails: {error}");
    Ok(())
}
