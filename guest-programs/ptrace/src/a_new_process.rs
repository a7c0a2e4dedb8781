//! With PTRACE_O_TRACEFORK, the child of a tracee is traced from its birth: it inherits the
//! tracer (`ptrace_init_task`, include/linux/ptrace.h), and stops before its first
//! instruction, for a SIGSTOP that nobody sends.

use marker::{mark, scene};
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use steps::{ended_well, start};

use crate::tracee::{check_event, check_stop, start_with};

pub fn run() -> nix::Result<()> {
    scene!("11. a traced child forks");
    let child = start_with(Options::PTRACE_O_TRACEFORK, || {
        ended_well(start(|| {
            mark!("11. the new process begins");
            Ok(())
        })?)
    })?;
    ptrace::cont(child, None)?;
    check_event(child, Signal::SIGTRAP, Event::PTRACE_EVENT_FORK)?;
    // A process's number fits into a pid_t.
    let new = Pid::from_raw(ptrace::getevent(child)? as i32);
    mark!("11. the tracer knows of {}", new);
    check_stop(new, Signal::SIGSTOP)?;
    mark!("11. which is stopped, too; it lets both go");
    // In this order: the end of the new one would be told to a parent that is still traced,
    // and a tracee's signals are not ignored.
    ptrace::detach(child, None)?;
    ptrace::detach(new, None)?;
    ended_well(child)?;
    println!("11. fork: PTRACE_EVENT_FORK, with the new process's pid;");
    println!("    it is traced as well, and stopped before it begins");
    Ok(())
}
