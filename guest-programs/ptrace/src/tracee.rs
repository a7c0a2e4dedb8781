//! Children that this program traces.

use marker::check;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use steps::start;

/// Starts a child that is traced by this program (PTRACE_TRACEME) and does `work`.
pub fn start_traced(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    start(|| {
        ptrace::traceme()?;
        work()
    })
}

/// The same, with options, which a tracer can set only while its tracee is stopped. So the
/// child stops itself first. It is stopped when this returns.
pub fn start_with(options: Options, work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    let child = start_traced(|| {
        raise(Signal::SIGSTOP)?;
        work()
    })?;
    check_stop(child, Signal::SIGSTOP)?;
    ptrace::setoptions(child, options)?;
    Ok(child)
}

/// Waits for a tracee's next stop, and checks that this signal is the reason.
pub fn check_stop(tracee: Pid, signal: Signal) -> nix::Result<()> {
    check!("wait status", waitpid(tracee, None)?, WaitStatus::Stopped(tracee, signal));
    Ok(())
}

/// The same for an event's stop, which has the number of the event.
pub fn check_event(tracee: Pid, signal: Signal, event: ptrace::Event) -> nix::Result<()> {
    let stop = WaitStatus::PtraceEvent(tracee, signal, event as i32);
    check!("wait status", waitpid(tracee, None)?, stop);
    Ok(())
}

/// Who sent the signal that the tracee is stopped for: si_code and si_pid.
pub fn sender(tracee: Pid) -> nix::Result<(i32, Pid)> {
    let info = ptrace::getsiginfo(tracee)?;
    // SAFETY: this program asks only about signals that a process has sent.
    Ok((info.si_code, Pid::from_raw(unsafe { info.si_pid() })))
}
