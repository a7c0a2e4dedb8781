//! With another signal, `ptrace_signal` (kernel/signal.c) writes a new siginfo: SI_USER,
//! and the tracer as the sender. A tracer that wants to say something else there writes
//! it first (PTRACE_SETSIGINFO).

use marker::{check, mark, scene};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::unistd::getpid;
use steps::ended_well;

use crate::handler::{handle, last_sender};
use crate::tracee::{check_stop, start_traced};

pub fn run() -> nix::Result<()> {
    scene!("3. SIGUSR1 once more");
    let tracer = getpid();
    let child = start_traced(|| {
        handle(Signal::SIGUSR1)?;
        handle(Signal::SIGUSR2)?;
        raise(Signal::SIGUSR1)?;
        check!("si_pid", last_sender(), tracer);
        mark!("3. it was told that the tracer has sent it");
        Ok(())
    })?;
    check_stop(child, Signal::SIGUSR1)?;
    mark!("3. the tracer lets it go on, with SIGUSR2");
    ptrace::cont(child, Signal::SIGUSR2)?;
    ended_well(child)?;
    println!("3. PTRACE_CONT with SIGUSR2: that handler runs, SI_USER, from the tracer");
    Ok(())
}
