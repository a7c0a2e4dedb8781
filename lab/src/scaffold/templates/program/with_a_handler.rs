//! With a handler, the write still fails, but only after the handler has run.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, check, mark, scene};
use nix::errno::Errno;
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::SigHandler;
use nix::unistd::{getpid, write};

use crate::sigpipe::act;

/// The sender in the handler's siginfo.
static SENDER: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: a store and one write(2).
extern "C" fn on_sigpipe(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SIGPIPE it contains a pid.
    let sender = unsafe { (*info).si_pid() };
    SENDER.store(sender, Relaxed);
    mark!("1. handler: si_pid {}", Arg::Task(sender));
}

pub fn run(writer: &OwnedFd) -> nix::Result<()> {
    act(SigHandler::SigAction(on_sigpipe))?;
    scene!("1. writes, with a handler for SIGPIPE");
    let error = write(writer, b"x").expect_err("nobody reads");
    check!("write with a handler", error, Errno::EPIPE);
    check!("si_pid", SENDER.load(Relaxed), getpid().as_raw());
    println!("1. with a handler: write fails: {error}; the sender is the writer itself");
    Ok(())
}
