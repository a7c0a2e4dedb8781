//! A handler's frame goes on the stack of what it interrupts, and here that is what has
//! run out. `setup_rt_frame` (arch/x86/kernel/signal.c) cannot write it, and so
//! `signal_setup_done` (kernel/signal.c) forces a SIGSEGV that nobody can handle.

use marker::{check, mark, scene};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigHandler, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::start;

use crate::action::set;
use crate::stack;

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_fault(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    mark!("handler: without a stack");
}

pub fn run() -> nix::Result<()> {
    scene!("11. a child with a handler uses up its stack");
    let child = start(|| {
        stack::set_no_alternate()?;
        set(Signal::SIGSEGV, SigHandler::SigAction(on_fault), SaFlags::empty())?;
        stack::use_up()
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGSEGV, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("11. a full stack: the handler does not run, a second SIGSEGV kills");
    Ok(())
}
