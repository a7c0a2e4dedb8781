//! Whether another process has come to where it sleeps.

use std::fs;

use nix::errno::Errno;
use nix::sched::sched_yield;
use nix::unistd::Pid;

/// Waits until a process sleeps, as its state in proc_pid_stat(5) says: what this
/// program does next then finds it there, however fast the processor is.
///
/// # Errors
/// ENOENT if there is no such process.
pub fn wait_until_asleep(pid: Pid) -> nix::Result<()> {
    loop {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
        let stat = stat.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))?;
        // `pid (name) state ...`, and the name may hold anything.
        if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S')) {
            return Ok(());
        }
        sched_yield()?;
    }
}
