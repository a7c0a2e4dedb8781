//! `get_signal` (kernel/signal.c) asks the tracer about every signal but SIGKILL. So the
//! tracer can refuse SIGTERM for its tracee, and learns of SIGKILL by the end.

use marker::{check, mark, scene};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{ended_well, sleep_for_ever, start, wait_until_asleep};

use crate::tracee::check_stop;

pub fn run() -> nix::Result<()> {
    scene!("6. SIGTERM is sent to a traced child");
    let child = start(|| sleep_for_ever())?;
    ptrace::seize(child, Options::empty())?;
    kill(child, Signal::SIGTERM)?;
    check_stop(child, Signal::SIGTERM)?;
    mark!("6. the tracer swallows SIGTERM");
    ptrace::cont(child, None)?;
    // This program is to sleep meanwhile, or the child would not run.
    ended_well(start(|| wait_until_asleep(child))?)?;
    mark!("6. the child lives; SIGKILL is sent");
    kill(child, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("wait status", waitpid(child, None)?, killed);
    println!("6. SIGTERM: shown, and swallowed; SIGKILL: the end, without a stop");
    Ok(())
}
