//! execve(2) cannot keep a handler, whose code is gone: `flush_signal_handlers`
//! (kernel/signal.c) puts SIG_DFL in its place. But it keeps SIG_IGN. So a program that
//! ignores SIGPIPE decides for all that it starts, and for all that they start.

use std::ffi::CStr;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup2_stdout, execv};
use steps::start;

use crate::action::set;
use crate::handler;
use crate::lonely::pipe_without_reader;

pub fn run() -> nix::Result<()> {
    scene!("5. a child with a handler for SIGPIPE executes a program");
    let child = start(|| {
        handler::install(Signal::SIGPIPE)?;
        become_heedless()
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGPIPE, false);
    check!("the program", waitpid(child, None)?, killed);

    mark!("5. a child that ignores SIGPIPE executes it");
    let child = start(|| {
        set(Signal::SIGPIPE, SigHandler::SigIgn)?;
        become_heedless()
    })?;
    let lives = WaitStatus::Exited(child, Errno::EPIPE as i32);
    check!("the program", waitpid(child, None)?, lives);
    println!("5. execve(2): after a handler SIGPIPE kills, after SIG_IGN it does not");
    Ok(())
}

/// A program whose standard output nobody reads.
fn become_heedless() -> nix::Result<()> {
    const PROGRAM: &CStr = c"/lab/death-notes-heedless";
    dup2_stdout(pipe_without_reader()?)?;
    match execv(PROGRAM, &[PROGRAM])? {}
}
