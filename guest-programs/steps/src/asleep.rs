//! Waiting until another process sleeps, and running until this one does.

use std::fs;
use std::hint::black_box;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sched::sched_yield;
use nix::unistd::Pid;

use crate::errno;

/// Waits until a process sleeps, as its state in proc_pid_stat(5) says. What this
/// program does next then finds it asleep, however fast the processor is.
///
/// # Errors
/// ENOENT if there is no such process.
pub fn wait_until_asleep(pid: Pid) -> nix::Result<()> {
    wait_for_state(pid, 'S')
}

/// The same for a sleep that no signal ends but, perhaps, SIGKILL.
pub fn wait_until_uninterruptible(pid: Pid) -> nix::Result<()> {
    wait_for_state(pid, 'D')
}

fn wait_for_state(pid: Pid, state: char) -> nix::Result<()> {
    loop {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(errno)?;
        // `pid (name) state ...`, and the name may contain anything.
        if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(state)) {
            return Ok(());
        }
        sched_yield()?;
    }
}

/// Makes this process a real-time task. On a machine with one CPU no other task runs
/// from here on unless it sleeps, and it runs as soon as it is woken, unless another
/// real-time task runs. Threads and processes that are made later inherit that. So
/// they take turns (sched(7)), and no clock decides whose turn it is.
///
/// # Errors
/// EPERM if it may not.
pub fn run_until_asleep() -> nix::Result<()> {
    schedule(libc::SCHED_FIFO, FIRST)
}

/// The same for this process alone. The tasks that it makes later are ordinary ones:
/// they run while it sleeps, and it interrupts them as soon as they wake it.
///
/// # Errors
/// EPERM if it may not.
pub fn run_first() -> nix::Result<()> {
    schedule(libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, FIRST)
}

/// Makes this process a real-time task, too, but one that a process with [`run_first`]
/// interrupts as soon as it wakes. So this one is what interrupts fall on meanwhile: PID 1
/// looks after the machine four times a second, but it is an ordinary task, and waits.
///
/// # Errors
/// EPERM if it may not.
pub fn run_second() -> nix::Result<()> {
    schedule(libc::SCHED_FIFO, SECOND)
}

/// Makes this process an ordinary task again, as it began.
pub fn run_among_others() -> nix::Result<()> {
    schedule(libc::SCHED_OTHER, 0)
}

/// Keeps the processor busy, as [`run_second`] does, without a system call, until a signal
/// ends the process.
///
/// # Errors
/// EPERM if it may not be a real-time task.
pub fn spin_for_ever() -> nix::Result<()> {
    run_second()?;
    // Not spin_loop(): its PAUSE is costly in an emulator.
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Priorities of real-time tasks: the higher one runs.
const FIRST: c_int = 2;
const SECOND: c_int = 1;

fn schedule(policy: c_int, priority: c_int) -> nix::Result<()> {
    let parameters = libc::sched_param { sched_priority: priority };
    // SAFETY: it reads one sched_param from a valid pointer.
    Errno::result(unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) }).map(drop)
}
