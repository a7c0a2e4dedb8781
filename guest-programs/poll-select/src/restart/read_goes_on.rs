//! A read of a pipe returns -ERESTARTSYS in the kernel (`pipe_read`, fs/pipe.c).
//! With SA_RESTART the handler runs, and then the read is made once more.

use std::io;

use marker::{check, scene};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{getpid, pipe, read, write};
use steps::{ended_well, start_when_asleep, wait_until_asleep};

use super::handler;

pub fn run() -> io::Result<()> {
    let parent = getpid();
    let (a, a_in) = pipe()?;

    scene!("15. read sleeps; a signal comes, then data");
    let child = start_when_asleep(|| {
        kill(parent, Signal::SIGUSR1)?;
        wait_until_asleep(parent)?;
        write(&a_in, b"x").map(drop)
    })?;
    check!("read", read(&a, &mut [0]), Ok(1));
    check!("runs of the handler", handler::runs(), 3);
    ended_well(child)?;
    println!("15. read, a signal, SA_RESTART: the handler runs, read goes on");
    Ok(())
}
