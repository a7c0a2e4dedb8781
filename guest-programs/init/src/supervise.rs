//! Runs the program as a child of PID 1 and makes sure that it ends.
//!
//! Time is the guest's: a program that sleeps for ever costs the host nothing.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{WEXITSTATUS, WIFEXITED, WNOHANG, WTERMSIG};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use protocol::{Ended, Job, STDERR_FILE, STDOUT_FILE};

use crate::mounts::OUTPUT;
use crate::watchdog;

/// Every process but PID 1 itself, for kill(2).
const ALL: Pid = Pid::from_raw(-1);

/// Starts the job's program, waits until it ends or its time is up, then
/// ends everything it left behind.
pub fn run(job: &Job) -> Result<Ended, String> {
    let sigchld = sigchld();
    let begun = now()?;
    let deadline = begun + Duration::from_millis(job.timeout_ms);
    let watchdog = watchdog::Fed::start()?;
    let program = start(job)?;
    let ended = loop {
        watchdog.feed();
        if let Some(ended) = reap(program)? {
            break ended;
        }
        let Some(left) = deadline.checked_sub(now()?) else { break timed_out(begun)? };
        match wait_signal(&sigchld, left.min(Duration::from_micros(job.wakes_us))) {
            Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(e) => return Err(format!("failed to wait for SIGCHLD: {e}")),
        }
    };
    watchdog::start(watchdog::rest())?;
    end_the_rest()?;
    Ok(ended)
}

/// The end of a program that began at this time and has no more.
pub fn timed_out(begun: Duration) -> Result<Ended, String> {
    Ok(Ended::TimedOut { after_ms: (now()? - begun).as_millis() as u64 })
}

/// Blocks all signals: root may send any of them to PID 1, and none may interrupt it.
pub fn block_signals() -> Result<(), String> {
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None)
        .map_err(|e| format!("failed to block signals: {e}"))
}

/// The set of SIGCHLD alone. PID 1 waits for it and has no handler for it, so it
/// misses no exit between a look and a wait.
pub fn sigchld() -> SigSet {
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    sigchld
}

/// Starts the program with its output going to files.
fn start(job: &Job) -> Result<Pid, String> {
    let output = |name: &str| {
        let path = format!("{OUTPUT}/{name}");
        File::create(&path).map_err(|e| format!("failed to create `{path}`: {e}"))
    };
    let mut command = command(job);
    command.stdin(Stdio::null()).stdout(output(STDOUT_FILE)?).stderr(output(STDERR_FILE)?);
    let child =
        command.spawn().map_err(|e| format!("failed to start `{}`: {e}", job.program.path()))?;
    Ok(Pid::from_raw(child.id().cast_signed()))
}

/// The job's program with its arguments and environment, all signals
/// unblocked; its streams are up to the caller.
pub fn command(job: &Job) -> Command {
    let mut command = Command::new(job.program.path());
    command
        .args(&job.args)
        .env_clear()
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .current_dir("/tmp");
    // SAFETY: sigprocmask is async-signal-safe, as a child between fork and
    // exec needs it to be. Without it the program would inherit all signals blocked.
    unsafe {
        command.pre_exec(|| {
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
            Ok(())
        });
    }
    command
}

/// Reaps every child that has ended, orphans included. Returns how the program
/// ended if it was among them.
pub fn reap(program: Pid) -> Result<Option<Ended>, String> {
    while let Some((pid, status)) = wait_any(WNOHANG).map_err(|e| format!("failed to reap: {e}"))? {
        if pid == program.as_raw() {
            return Ok(Some(match WIFEXITED(status) {
                true => Ended::Exited(WEXITSTATUS(status)),
                false => Ended::Signaled(WTERMSIG(status)),
            }));
        }
    }
    Ok(None)
}

/// waitpid(2) for any child: which one ended, and its status. None if there is
/// no child, or if none has ended and `flags` say not to wait.
///
/// nix's waitpid does not know real-time signals, and fails if one ended a child.
fn wait_any(flags: i32) -> nix::Result<Option<(i32, i32)>> {
    let mut status = 0;
    // SAFETY: the pointer is to a live integer.
    match Errno::result(unsafe { nix::libc::waitpid(-1, &mut status, flags) }) {
        Ok(0) | Err(Errno::ECHILD) => Ok(None),
        Ok(pid) => Ok(Some((pid, status))),
        Err(e) => Err(e),
    }
}

/// Kills what is still running and reaps it, so that the record is complete
/// and nothing writes to it any more.
pub fn end_the_rest() -> Result<(), String> {
    match kill(ALL, Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(e) => return Err(format!("failed to kill what the program left: {e}")),
    }
    while wait_any(0).map_err(|e| format!("failed to reap what the program left: {e}"))?.is_some() {
    }
    Ok(())
}

pub fn now() -> Result<Duration, String> {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map(Duration::from)
        .map_err(|e| format!("failed to read the clock: {e}"))
}

/// sigtimedwait(2), which nix does not wrap.
fn wait_signal(set: &SigSet, timeout: Duration) -> Result<(), Errno> {
    let timeout = TimeSpec::from(timeout);
    // SAFETY: both pointers are to live values of the right type; a null
    // siginfo means that none is wanted.
    let result =
        unsafe { nix::libc::sigtimedwait(set.as_ref(), std::ptr::null_mut(), timeout.as_ref()) };
    Errno::result(result).map(drop)
}
