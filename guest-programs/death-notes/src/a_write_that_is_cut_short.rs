//! A write that is longer than the pipe's room puts in what fits, and sleeps. Then the
//! last reader ends, and `pipe_release` (fs/pipe.c) wakes it. It sends itself SIGPIPE, but
//! it does not fail: it returns what it has put in. No reader will ever have it.

use marker::{check, scene};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::Signal;
use nix::unistd::{pipe, write};
use steps::{ended_well, start_when_asleep};

use crate::handler;

pub fn run() -> nix::Result<()> {
    handler::install(Signal::SIGPIPE)?;
    let before = handler::runs();
    let (reader, writer) = pipe()?;
    check!("the pipe's room", fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)), Ok(4096));
    scene!("7. writes 10000 bytes; its reader, a child, ends meanwhile");
    // The child has the end to read from, and its own end closes that.
    let child = start_when_asleep(|| Ok(()))?;
    drop(reader);
    check!("write", write(&writer, &[0; 10_000]), Ok(4096));
    check!("the handler's runs", handler::runs(), before + 1);
    ended_well(child)?;
    println!("7. the reader ends in the middle: SIGPIPE, and write(2) returns 4096");
    Ok(())
}
