//! SA_NOCLDSTOP: `do_notify_parent_cldstop` (kernel/signal.c) sends nothing. An exit is
//! told all the same.

use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{SaFlags, Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use steps::start;

use crate::handler::{check_handler, handle, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("7. SA_NOCLDSTOP: a child stops and continues unheard");
    handle(SaFlags::SA_NOCLDSTOP)?;
    let child = start(|| raise(Signal::SIGSTOP))?;
    // The stop is still there to wait for; it is only not signalled.
    check!(
        "wait status",
        waitpid(child, Some(WaitPidFlag::WUNTRACED))?,
        WaitStatus::Stopped(child, Signal::SIGSTOP)
    );
    kill(child, Signal::SIGCONT)?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_EXITED, child, 0);
    waitpid(child, None)?;
    println!("7. SA_NOCLDSTOP: one signal, for the exit");
    handle(SaFlags::empty())
}
