//! A signal ends a sleep, and the call goes on or does not.

mod select_and_poll_do_not_go_on;
mod read_goes_on;
mod without_a_handler_all_go_on;

mod handler;

use std::io;

use marker::check;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use steps::wait_until_asleep;

pub fn run() -> io::Result<()> {
    handler::install()?;
    // 13, 14. A refusal: EINTR, whatever SA_RESTART says.
    select_and_poll_do_not_go_on::run()?;
    // 15. The same handler, and a call that SA_RESTART is for.
    read_goes_on::run()?;
    // 16, 17. A signal that runs no handler: the sleeper never hears of it.
    without_a_handler_all_go_on::run()
}

/// Stops a process that sleeps or will, and returns when it sleeps again.
fn stop_and_continue(child: Pid) -> nix::Result<()> {
    wait_until_asleep(child)?;
    kill(child, Signal::SIGSTOP)?;
    let stopped = WaitStatus::Stopped(child, Signal::SIGSTOP);
    check!("stop", waitpid(child, Some(WaitPidFlag::WUNTRACED))?, stopped);
    kill(child, Signal::SIGCONT)?;
    let continued = WaitStatus::Continued(child);
    check!("continue", waitpid(child, Some(WaitPidFlag::WCONTINUED))?, continued);
    wait_until_asleep(child)
}
