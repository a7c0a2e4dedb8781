//! A tracer need not be the parent. Stops are told to the tracer alone. The end, too, is
//! told to it first; the parent hears when the tracer has waited: in the tracer's wait(2),
//! from the tracer (`wait_task_zombie`, kernel/exit.c).

use marker::{check, mark, scene};
use nix::sys::prctl::set_name;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use steps::{Gate, ended_well, run_first, start};

use crate::tracee::check_stop;

pub fn run() -> nix::Result<()> {
    scene!("14. one child traces another");
    let gate = Gate::new()?;
    let tracee = start(|| {
        gate.wait()?;
        raise(Signal::SIGUSR1)
    })?;
    let tracer = start(|| trace(tracee, &gate))?;
    set_name(c"parent")?; // the trace shows who tells a task of this name, and of "tracer"
    ended_well(tracee)?;
    set_name(c"ptrace")?;
    mark!("14. the parent knows of the end");
    ended_well(tracer)?;
    println!("14. the tracer is not the parent: it is told of the stop, and of the end;");
    println!("    the parent of the end, by the tracer's wait");
    Ok(())
}

fn trace(tracee: Pid, gate: &Gate) -> nix::Result<()> {
    run_first()?; // the tracee acts when its tracer sleeps
    ptrace::seize(tracee, Options::empty())?;
    gate.open()?;
    set_name(c"tracer")?;
    check_stop(tracee, Signal::SIGUSR1)?;
    mark!("14. the tracer knows of SIGUSR1, and swallows it");
    ptrace::cont(tracee, None)?;
    check!("wait status", waitpid(tracee, None)?, WaitStatus::Exited(tracee, 0));
    mark!("14. the tracer knows of the end");
    Ok(())
}
