//! SIGSTOP stops a tracee twice: as every signal does, before it is delivered, and again
//! when it has stopped its process (`do_signal_stop`, kernel/signal.c). The second stop is
//! meant: a tracer that goes on with PTRACE_CONT ends it. With PTRACE_LISTEN it lasts.

use std::ptr;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use steps::{proc_value, sleep_for_ever, start};

use crate::tracee::{check_event, check_stop};

pub fn run() -> nix::Result<()> {
    scene!("13. SIGSTOP is sent to a traced child");
    let child = start(|| sleep_for_ever())?;
    // Only a tracee that was seized shows its second stop as an event.
    ptrace::seize(child, Options::empty())?;
    kill(child, Signal::SIGSTOP)?;
    check_stop(child, Signal::SIGSTOP)?;
    mark!("13. the tracer lets SIGSTOP through");
    ptrace::cont(child, Signal::SIGSTOP)?;
    check_event(child, Signal::SIGSTOP, Event::PTRACE_EVENT_STOP)?;
    mark!("13. the tracer listens");
    listen(child)?;
    let state = proc_value(&format!("/proc/{child}/status"), "State")?;
    check!("state", state, "t (tracing stop)");
    mark!("13. the child is still stopped; SIGCONT is sent");
    kill(child, Signal::SIGCONT)?;
    check_event(child, Signal::SIGTRAP, Event::PTRACE_EVENT_STOP)?;
    mark!("13. the tracer knows that it may go on");
    kill(child, Signal::SIGKILL)?;
    waitpid(child, None)?;
    println!("13. SIGSTOP: a stop like any signal's, then PTRACE_EVENT_STOP;");
    println!("    after PTRACE_LISTEN it stays stopped until SIGCONT");
    Ok(())
}

/// PTRACE_LISTEN, which nix lacks.
fn listen(tracee: Pid) -> nix::Result<()> {
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: the request uses no memory.
    let result = unsafe { libc::ptrace(libc::PTRACE_LISTEN, tracee.as_raw(), nothing, nothing) };
    Errno::result(result).map(drop)
}
