//! The tracer is first in front of the handler, not in front of the sender. A blocked
//! signal is pending, and `get_signal` (kernel/signal.c) does not take it: there is nothing
//! to show yet.

use marker::{mark, scene};
use nix::sys::ptrace;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise, sigprocmask};
use steps::{block, ended_well};

use crate::tracee::{check_stop, start_traced};

pub fn run() -> nix::Result<()> {
    scene!("5. a traced child blocks SIGUSR1, and sends it to itself");
    let child = start_traced(|| {
        block(Signal::SIGUSR1 as i32)?;
        raise(Signal::SIGUSR1)?;
        mark!("5. it goes on, and unblocks it");
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
    })?;
    check_stop(child, Signal::SIGUSR1)?;
    mark!("5. the tracer knows, and swallows it");
    ptrace::cont(child, None)?;
    ended_well(child)?;
    println!("5. blocked: shown to the tracer only when it is unblocked");
    Ok(())
}
