//! `eventfd_ctx_fdget` (fs/eventfd.c) looks up the descriptor in the ioctl, where it
//! is the caller's, and compares the file's operations with its own.

use std::io;

use eventfd::{Target, open_device, register};
use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::pipe;

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    let (receiver, _sender) = pipe()?;
    scene!("12. registers what is no eventfd: refused");
    let error = register(&device, Target::of(&receiver)).expect_err("a pipe is no eventfd");
    check!("registering a pipe", error, Errno::EINVAL);
    println!("12. registering a pipe fails: {error}");
    let closed = Target { fd: i32::MAX, ..Target::of(&receiver) };
    let error = register(&device, closed).expect_err("nothing is open there");
    check!("registering what is not open", error, Errno::EBADF);
    println!("    registering a closed descriptor fails: {error}");
    Ok(())
}
