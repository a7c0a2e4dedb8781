//! `get_signal` (kernel/signal.c) takes a signal that is to be delivered. But a traced
//! task is not led into its handler: it stops first (`ptrace_stop`). It sends the tracer
//! SIGCHLD, which nobody wants here, wakes the tracer's wait(2), and sleeps.

use marker::{check, mark, scene};
use nix::libc;
use nix::sys::prctl::set_name;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use steps::ended_well;

use crate::handler::handle;
use crate::tracee::{check_stop, sender, start_traced};

pub fn run() -> nix::Result<()> {
    scene!("1. a traced child sends itself SIGUSR1");
    let child = start_traced(|| {
        handle(Signal::SIGUSR1)?;
        raise(Signal::SIGUSR1)
    })?;
    set_name(c"tracer")?; // the trace shows who wakes a task of this name, and whom it wakes
    check_stop(child, Signal::SIGUSR1)?;
    mark!("1. the tracer knows, and the handler has not run");
    check!("si_code and si_pid", sender(child)?, (libc::SI_TKILL, child));
    println!("1. SIGUSR1 to a traced child: the tracer's wait returns, with siginfo;");

    mark!("1. it lets SIGUSR1 through");
    ptrace::cont(child, Signal::SIGUSR1)?;
    set_name(c"ptrace")?;
    ended_well(child)?;
    println!("   the handler runs when the tracer says so");
    Ok(())
}
