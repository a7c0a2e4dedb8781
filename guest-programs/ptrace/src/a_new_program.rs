//! execve(2) of a traced task is an event, if the tracer has asked for it: a stop in the
//! call, with the new program in place and none of it run. Who has not asked gets a SIGTRAP
//! instead, which the task sends to itself (`ptrace_event`, include/linux/ptrace.h).

use std::ffi::CStr;

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::Signal;
use nix::unistd::execv;
use steps::ended_well;

use crate::tracee::{check_event, check_stop, sender, start_traced, start_with};

const OTHER: &CStr = c"/lab/ptrace-other";

pub fn run() -> nix::Result<()> {
    scene!("10. a traced child executes another program");
    let child = start_with(Options::PTRACE_O_TRACEEXEC, execute)?;
    ptrace::cont(child, None)?;
    check_event(child, Signal::SIGTRAP, Event::PTRACE_EVENT_EXEC)?;
    mark!("10. the tracer knows, and the other program has not begun");
    ptrace::cont(child, None)?;
    ended_well(child)?;

    mark!("10. another child, without PTRACE_O_TRACEEXEC");
    let child = start_traced(execute)?;
    check_stop(child, Signal::SIGTRAP)?;
    check!("si_code and si_pid", sender(child)?, (libc::SI_USER, child));
    mark!("10. the tracer sees a SIGTRAP, and swallows it");
    ptrace::cont(child, None)?;
    ended_well(child)?;
    println!("10. execve: PTRACE_EVENT_EXEC, before the other program begins;");
    println!("    without PTRACE_O_TRACEEXEC a SIGTRAP, which would kill it");
    Ok(())
}

fn execute() -> nix::Result<()> {
    match execv(OTHER, &[OTHER])? {}
}
