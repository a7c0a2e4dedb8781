//! A stop and a continuation are told as well, by `do_notify_parent_cldstop`
//! (kernel/signal.c), with the signal that did it.

use marker::{mark, scene};
use nix::libc;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::waitpid;
use steps::{sleep_for_ever, start};

use crate::handler::{check_handler, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("3. a child stops itself");
    let child = start(|| {
        raise(Signal::SIGSTOP)?;
        sleep_for_ever()
    })?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_STOPPED, child, libc::SIGSTOP);
    println!("3. stopped: CLD_STOPPED from the child, si_status 19 (SIGSTOP)");

    mark!("4. the parent continues it");
    kill(child, Signal::SIGCONT)?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_CONTINUED, child, libc::SIGCONT);
    println!("4. continued: CLD_CONTINUED from the child, si_status 18 (SIGCONT)");

    kill(child, Signal::SIGKILL)?;
    wait_for_handler(1)?;
    waitpid(child, None).map(drop)
}
