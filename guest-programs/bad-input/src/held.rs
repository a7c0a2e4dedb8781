//! What the kernel still holds, counted from outside: a reference that nobody puts
//! shows nowhere else.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::{ended, start};

/// How work goes that a process does in a PID namespace of its own. Whoever holds
/// the `struct pid` of that process, when it is gone, holds the namespace.
pub fn in_a_pid_namespace(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<nix::Result<()>> {
    ended(start(|| {
        unshare(CloneFlags::CLONE_NEWPID)?;
        ended(start(work)?)?
    })?)
}

/// How many PID namespaces there are besides the first: the lowest limit with
/// which one more can be made, less that one.
pub fn pid_namespaces() -> io::Result<u32> {
    const LIMIT: &str = "/proc/sys/user/max_pid_namespaces";
    // The kernel frees a process's own reference to its `struct pid`, and then the
    // namespace, after RCU grace periods. They end when the processor has nothing
    // to do.
    sleep(Duration::from_millis(50));
    let before = fs::read_to_string(LIMIT)?;
    let mut limit = 0;
    loop {
        limit += 1;
        fs::write(LIMIT, limit.to_string())?;
        match ended(start(|| unshare(CloneFlags::CLONE_NEWPID))?)? {
            Ok(()) => break,
            Err(Errno::ENOSPC) => {}
            Err(error) => return Err(error.into()),
        }
    }
    fs::write(LIMIT, before.trim())?;
    Ok(limit - 1)
}

/// The number that the kernel would give to a new eventfd: the lowest that no
/// eventfd has, and one has its number until nobody holds it.
pub fn next_eventfd() -> io::Result<u32> {
    let eventfd = EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC)?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", eventfd.as_fd().as_raw_fd()))?;
    let number = info.lines().find_map(|line| line.strip_prefix("eventfd-id:"));
    let number = number.and_then(|number| number.trim().parse().ok());
    number.ok_or_else(|| Errno::ENODATA.into())
}
