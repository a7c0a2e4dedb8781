//! Children, and the threads of this process.

use std::collections::BTreeSet;

use marker::check;
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::eventfd::EventFd;
use nix::sys::prctl::set_name;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};
use steps::{errno, exit, proc_hex};

/// Starts a child that sleeps in read(2) of the eventfd, and exits with what it read.
/// The task that wakes it is the one that signals the eventfd. When this returns the
/// child sleeps, because it has the processor until then.
pub fn fork_eventfd_reader(eventfd: &EventFd) -> nix::Result<Pid> {
    let (ready, tell) = pipe()?;
    let child = fork_child(|| {
        set_name(c"eventfd-reader")?;
        write(&tell, b"!")?;
        Ok(eventfd.read()? as c_int)
    })?;
    // Otherwise this process would wait for ever for a child that fails.
    drop(tell);
    check!("bytes read", read(&ready, &mut [0])?, 1);
    Ok(child)
}

/// Starts a child that exits with what `work` returns; 255 stands for an error.
/// In a program with threads, `work` may only do what a signal handler may.
pub fn fork_child(work: impl FnOnce() -> nix::Result<c_int>) -> nix::Result<Pid> {
    // SAFETY: see above.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => exit(work().unwrap_or(255)),
    }
}

/// All signals below 32, except SIGKILL and SIGSTOP.
pub const STANDARD: u64 = 0x7ffb_feff;

/// The signals that a thread of this process has blocked; bit 0 is signal 1.
pub fn blocked_signals(thread: Pid) -> nix::Result<u64> {
    proc_hex(&format!("/proc/self/task/{thread}/status"), "SigBlk")
}

/// The threads of this process.
pub fn threads() -> nix::Result<BTreeSet<Pid>> {
    let mut threads = BTreeSet::new();
    for entry in std::fs::read_dir("/proc/self/task").map_err(errno)? {
        let name = entry.map_err(errno)?.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok()).ok_or(Errno::EINVAL)?;
        threads.insert(Pid::from_raw(number));
    }
    Ok(threads)
}
