//! Lesson @number@: @title@
//!
//! This program writes to a pipe whose reader is gone. Look in the timeline at
//! who sends the signal (`pipe_write` in the kernel's fs/pipe.c), and when its
//! handler runs.
//!
//! Documented in pipe(7), write(2) and signal(7).

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, check, mark};
use nix::errno::Errno;
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{getpid, pipe, write};

/// The sender, as the handler's siginfo names it.
static SENDER: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: a store and one write(2).
extern "C" fn on_sigpipe(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // that of SIGPIPE holds a pid.
    let sender = unsafe { (*info).si_pid() };
    SENDER.store(sender, Relaxed);
    mark!("1. handler: si_pid {}", Arg::Task(sender));
}

fn main() -> io::Result<()> {
    marker::open_trace();
    let writer = pipe_without_reader()?;

    // With a handler the write still fails, but not before the handler has run.
    act(SigHandler::SigAction(on_sigpipe))?;
    mark!("1. writes, with a handler for SIGPIPE");
    let error = write(&writer, b"x").expect_err("nobody reads");
    check!("write with a handler", error, Errno::EPIPE);
    check!("si_pid", SENDER.load(Relaxed), getpid().as_raw());
    println!("1. with a handler: write fails: {error}; the sender is the writer itself");

    // The deliberate failure: ignored, there is the error and nothing else.
    act(SigHandler::SigIgn)?;
    mark!("2. writes, with SIGPIPE ignored");
    let error = write(&writer, b"x").expect_err("nobody reads");
    check!("write with SIGPIPE ignored", error, Errno::EPIPE);
    println!("2. ignored: write fails: {error}");
    Ok(())
}

/// The writing end of a pipe; the reading end is closed when this returns.
fn pipe_without_reader() -> nix::Result<OwnedFd> {
    let (_reader, writer) = pipe()?;
    Ok(writer)
}

fn act(handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler, where there is one, does what it may.
    unsafe { sigaction(Signal::SIGPIPE, &action)? };
    Ok(())
}
