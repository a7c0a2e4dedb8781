//! The processor reports a trap *after* its instruction. So what a debugger writes into
//! a program, int3, can be returned from: `exc_int3` (arch/x86/kernel/traps.c) forces
//! SIGTRAP, and the program goes on at the next instruction.

use std::arch::asm;

use marker::{mark, scene};
use nix::libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigHandler, Signal};
use steps::{ended_well, start};

use crate::action::set;

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_trap(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    mark!("handler: SIGTRAP, returns");
}

pub fn run() -> nix::Result<()> {
    scene!("7. a child executes int3");
    let child = start(|| {
        set(Signal::SIGTRAP, SigHandler::SigAction(on_trap), SaFlags::empty())?;
        // SAFETY: the handler returns, and changes no register.
        unsafe { asm!("int3") };
        mark!("7. the child goes on after int3");
        Ok(())
    })?;
    ended_well(child)?;
    println!("7. int3: SIGTRAP; the handler returns, and the program goes on");
    Ok(())
}
