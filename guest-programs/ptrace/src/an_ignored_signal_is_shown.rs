//! A signal that nobody wants is dropped as it is sent, but not if the target is traced:
//! then `sig_ignored` (kernel/signal.c) says that somebody may want it. It is ignored when
//! the tracer has let it through.

use marker::{mark, scene};
use nix::sys::ptrace;
use nix::sys::signal::{SigHandler, Signal, raise};
use steps::{ended_well, start};

use crate::handler::set;
use crate::tracee::check_stop;

pub fn run() -> nix::Result<()> {
    scene!("4. a child ignores SIGUSR1, and sends it to itself");
    let child = start(|| {
        set(Signal::SIGUSR1, SigHandler::SigIgn)?;
        raise(Signal::SIGUSR1)?;
        ptrace::traceme()?;
        mark!("4. now it is traced, and sends it again");
        raise(Signal::SIGUSR1)
    })?;
    check_stop(child, Signal::SIGUSR1)?;
    mark!("4. the tracer lets SIGUSR1 through");
    ptrace::cont(child, Signal::SIGUSR1)?;
    ended_well(child)?;
    println!("4. SIG_IGN: dropped, but shown to the tracer if there is one");
    Ok(())
}
