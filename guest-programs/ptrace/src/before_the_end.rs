//! With PTRACE_O_TRACEEXIT, a tracee stops at the beginning of `do_exit` (kernel/exit.c):
//! it cannot be kept from ending any more, but its memory and its registers are still there.

use marker::{check, mark, scene};
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{exit, proc_value};

use crate::tracee::{check_event, start_with};

pub fn run() -> nix::Result<()> {
    scene!("12. a traced child exits with 7");
    let child = start_with(Options::PTRACE_O_TRACEEXIT, || exit(7))?;
    ptrace::cont(child, None)?;
    check_event(child, Signal::SIGTRAP, Event::PTRACE_EVENT_EXIT)?;
    check!("status to come", ptrace::getevent(child)?, 7 << 8);
    let memory = proc_value(&format!("/proc/{child}/status"), "VmRSS");
    check!("its memory is there", memory.is_ok(), true);
    mark!("12. the tracer knows, and the child still has its memory");
    ptrace::cont(child, None)?;
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 7));
    println!("12. exit: PTRACE_EVENT_EXIT, with the status 7 and all its memory");
    Ok(())
}
