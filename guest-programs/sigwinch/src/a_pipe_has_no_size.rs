//! The deliberate failure: `pipe_ioctl` (fs/pipe.c) does not know the request.

use std::fs::File;
use std::io;

use marker::{check, scene};
use nix::errno::Errno;

use crate::size::size_of;

pub fn run(pipe: &File) -> io::Result<()> {
    scene!("10. the size of a pipe");
    let error = size_of(pipe).expect_err("a pipe has no size");
    check!("TIOCGWINSZ of a pipe", error, Errno::ENOTTY);
    println!("10. TIOCGWINSZ of a pipe fails: {error}");
    Ok(())
}
