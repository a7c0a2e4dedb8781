//! Runs the program as a child of PID 1 and sees that it ends.
//!
//! Time is the guest's: a program that sleeps for ever costs the host nothing.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::time::TimeSpec;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use protocol::{Ended, Job, STDERR_FILE, STDOUT_FILE};

use crate::LAB;
use crate::mounts::OUTPUT;

/// Every process but PID 1 itself, for kill(2) and waitpid(2).
const ALL: Pid = Pid::from_raw(-1);

/// Starts the job's program, waits until it ends or its time is over, then
/// ends everything it left behind.
pub fn run(job: &Job) -> Result<Ended, String> {
    // SIGCHLD is taken by sigtimedwait, never by a handler: no exit is missed
    // between a look and a wait.
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigchld), None)
        .map_err(|e| format!("failed to block SIGCHLD: {e}"))?;

    let deadline = now()? + Duration::from_millis(job.timeout_ms);
    let program = start(job)?;
    let ended = loop {
        if let Some(ended) = reap(program)? {
            break ended;
        }
        let Some(left) = deadline.checked_sub(now()?) else { break Ended::TimedOut };
        match wait_signal(&sigchld, left) {
            Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(e) => return Err(format!("failed to wait for SIGCHLD: {e}")),
        }
    };
    end_the_rest()?;
    Ok(ended)
}

/// Starts the program with its output going to files and all signals unblocked.
fn start(job: &Job) -> Result<Pid, String> {
    let path = format!("{LAB}/{}", job.program);
    let output = |name: &str| {
        let path = format!("{OUTPUT}/{name}");
        File::create(&path).map_err(|e| format!("failed to create `{path}`: {e}"))
    };
    let mut command = Command::new(&path);
    command
        .args(&job.args)
        .env_clear()
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .stdout(output(STDOUT_FILE)?)
        .stderr(output(STDERR_FILE)?);
    // SAFETY: sigprocmask is async-signal-safe, as a child between fork and
    // exec needs it to be. Without it the program would inherit SIGCHLD blocked.
    unsafe {
        command.pre_exec(|| {
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
            Ok(())
        });
    }
    let child = command.spawn().map_err(|e| format!("failed to start `{path}`: {e}"))?;
    Ok(Pid::from_raw(child.id().cast_signed()))
}

/// Reaps every child that has ended, orphans included; says how the program
/// did if it was among them.
fn reap(program: Pid) -> Result<Option<Ended>, String> {
    loop {
        let ended = match waitpid(ALL, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == program => Ended::Exited(status),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => {
                Ended::Signaled(signal as i32)
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(None),
            Ok(_) => continue,
            Err(e) => return Err(format!("failed to reap: {e}")),
        };
        return Ok(Some(ended));
    }
}

/// Kills what is still running and reaps it, so that the record is complete
/// and nothing writes to it any more.
fn end_the_rest() -> Result<(), String> {
    match kill(ALL, Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(e) => return Err(format!("failed to kill what the program left: {e}")),
    }
    loop {
        match waitpid(ALL, None) {
            Ok(_) => {}
            Err(Errno::ECHILD) => return Ok(()),
            Err(e) => return Err(format!("failed to reap what the program left: {e}")),
        }
    }
}

fn now() -> Result<Duration, String> {
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
