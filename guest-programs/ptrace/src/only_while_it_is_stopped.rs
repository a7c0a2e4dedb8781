//! A tracer talks with a tracee that is stopped. To nearly every request about one that
//! runs, `ptrace_check_attach` (kernel/ptrace.c) says that there is no such process.
//! PTRACE_INTERRUPT is for that case.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use steps::{sleep_for_ever, start};

use crate::tracee::check_event;

pub fn run() -> nix::Result<()> {
    scene!("15. PTRACE_GETREGS of a tracee that runs");
    let child = start(|| sleep_for_ever())?;
    ptrace::seize(child, Options::empty())?;
    let error = ptrace::getregs(child).expect_err("it is not stopped");
    check!("PTRACE_GETREGS", error, Errno::ESRCH);
    mark!("15. it is asked to stop");
    ptrace::interrupt(child)?;
    check_event(child, Signal::SIGTRAP, Event::PTRACE_EVENT_STOP)?;
    check!("PTRACE_GETREGS", ptrace::getregs(child).map(drop), Ok(()));
    mark!("15. it is stopped, and has registers");
    kill(child, Signal::SIGKILL)?;
    waitpid(child, None)?;
    println!("15. PTRACE_GETREGS while it runs fails: {error}");
    Ok(())
}
