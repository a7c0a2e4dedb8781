//! A tracer lets its tracee go on with a signal or with none. With none, `ptrace_signal`
//! (kernel/signal.c) returns 0, and `get_signal` goes on as if nothing had been sent.

use marker::{mark, scene};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use steps::ended_well;

use crate::handler::handle;
use crate::tracee::{check_stop, start_traced};

pub fn run() -> nix::Result<()> {
    scene!("2. a traced child sends itself SIGUSR1 again");
    let child = start_traced(|| {
        handle(Signal::SIGUSR1)?;
        raise(Signal::SIGUSR1)
    })?;
    check_stop(child, Signal::SIGUSR1)?;
    mark!("2. the tracer lets it go on, without a signal");
    ptrace::cont(child, None)?;
    ended_well(child)?;
    println!("2. PTRACE_CONT with 0: the signal is gone, no handler runs");
    Ok(())
}
