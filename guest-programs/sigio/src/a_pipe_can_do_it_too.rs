//! Pipes, sockets, terminals and inotify have a queue, too. `pipe_write` (fs/pipe.c)
//! calls `kill_fasync` in the writer's own system call, and so does `pipe_release` when
//! the last writer goes.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::libc::{POLLIN, POLLRDNORM};
use nix::unistd::{getpid, pipe, write};
use sigio::{SIGNAL, owner, set_async};
use steps::{ended_well, start};

use crate::info::{Info, POLL_IN, take};

pub fn run() -> io::Result<()> {
    scene!("12. a child writes into a pipe that is O_ASYNC");
    let (receiver, sender) = pipe()?;
    owner::set(&receiver, getpid())?;
    owner::set_signal(&receiver, SIGNAL)?;
    set_async(&receiver, true)?;
    let child = start(|| write(&sender, b"!").map(drop))?;
    ended_well(child)?;
    let band = (POLLIN | POLLRDNORM).into();
    let want = Info { signal: SIGNAL, code: POLL_IN, band, fd: receiver.as_raw_fd() };
    check!("siginfo of the writer", take()?, Some(want));
    // Nobody can write any more: a read would return, so that is news.
    drop(sender);
    check!("siginfo of the end", take()?, Some(want));
    println!("12. a pipe: the writer sends the signal, and so does the last close");
    Ok(())
}
