//! `pipe_write` (fs/pipe.c) looks for the pipe's readers. There is none, so it sends SIGPIPE
//! to `current`, by `send_sig`, and fails with EPIPE. It gives no siginfo along. Then
//! `__send_signal_locked` (kernel/signal.c) makes one: that of a kill(2) by `current`.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, pipe, read, write};
use steps::{ended_well, start};

use crate::handler::{self, Told};

pub fn run() -> nix::Result<Told> {
    handler::install(Signal::SIGPIPE)?;
    let (reader, writer) = pipe()?;
    scene!("1. a child reads one line from a pipe, and ends");
    let child = start(|| read(&reader, &mut [0; 5]).map(drop))?;
    drop(reader);
    check!("write", write(&writer, b"line\n"), Ok(5));
    ended_well(child)?;
    mark!("1. it has ended; the program writes the next line");
    check!("write", write(&writer, b"lost\n"), Err(Errno::EPIPE));
    let told = handler::told();
    check!("si_code", told.code, libc::SI_USER);
    check!("si_pid", told.pid, getpid().as_raw());
    println!("1. the reader has ended: SIGPIPE, SI_USER, si_pid is my own; EPIPE");
    Ok(told)
}
