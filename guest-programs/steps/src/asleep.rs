//! Running until one sleeps, and whether another process has come to where it does.

use std::fs;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sched::sched_yield;
use nix::unistd::Pid;

use crate::errno;

/// Waits until a process sleeps, as its state in proc_pid_stat(5) says: what this
/// program does next then finds it there, however fast the processor is.
///
/// # Errors
/// ENOENT if there is no such process.
pub fn wait_until_asleep(pid: Pid) -> nix::Result<()> {
    loop {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(errno)?;
        // `pid (name) state ...`, and the name may hold anything.
        if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S')) {
            return Ok(());
        }
        sched_yield()?;
    }
}

/// Lets nobody else run from here on unless this process sleeps, as a real-time
/// task on a machine with one CPU; and lets it run as soon as it is woken, unless
/// another such task does. Threads and processes that are made later inherit that,
/// so that these take turns (sched(7)), and no clock says whose it is.
///
/// # Errors
/// EPERM if it may not.
pub fn run_until_asleep() -> nix::Result<()> {
    be_real_time(libc::SCHED_FIFO)
}

/// The same for this process alone: what it makes later are ordinary tasks, which
/// run while it sleeps, and which it interrupts as soon as they wake it.
///
/// # Errors
/// EPERM if it may not.
pub fn run_first() -> nix::Result<()> {
    be_real_time(libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK)
}

fn be_real_time(policy: c_int) -> nix::Result<()> {
    let parameters = libc::sched_param { sched_priority: 1 };
    // SAFETY: it reads one sched_param from a valid pointer.
    Errno::result(unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) }).map(drop)
}
