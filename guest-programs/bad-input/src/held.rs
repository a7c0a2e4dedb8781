//! What the kernel still holds, counted from outside: a reference that is never put
//! shows nowhere else.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::thread::sleep;
use std::time::Duration;
use std::{fs, io};

use marker::check;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::eventfd::{EfdFlags, EventFd};
use steps::proc_value;

use crate::{ended, start};

/// Does work in a process with a PID namespace of its own, and returns how it went. If
/// the `struct pid` of that process is held when it is gone, so is the namespace.
pub fn in_a_pid_namespace(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<nix::Result<()>> {
    ended(start(|| {
        unshare(CloneFlags::CLONE_NEWPID)?;
        ended(start(work)?)?
    })?)
}

/// Lets the kernel free what it frees after an RCU grace period: a process's own
/// reference to its `struct pid`, and then the namespace. Each period ends when the
/// processor has had nothing to do.
pub fn grace_periods() {
    sleep(Duration::from_millis(50));
}

/// How many PID namespaces there are besides the first: one less than the lowest
/// limit with which one more can be made.
pub fn pid_namespaces() -> io::Result<u32> {
    const LIMIT: &str = "/proc/sys/user/max_pid_namespaces";
    grace_periods();
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

/// The calls of a device that registers a process.
pub struct Registration {
    pub open: fn() -> nix::Result<OwnedFd>,
    pub register: fn(&OwnedFd) -> nix::Result<()>,
    pub unregister: fn(&OwnedFd) -> nix::Result<()>,
}

/// The registrant is held until the end of the registration, and no longer: not by
/// a registration that was refused, or is over, or whose file is closed.
pub fn nobody_is_held(device: Registration) -> io::Result<()> {
    let Registration { open, register, unregister } = device;
    let device = open()?;
    let before = pid_namespaces()?;
    let it = in_a_pid_namespace(|| {
        register(&device)?;
        unregister(&device)
    })?;
    check!("it unregisters", it, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before);

    register(&device)?;
    let it = in_a_pid_namespace(|| register(&open()?))?;
    check!("it is refused", it, Err(Errno::EBUSY));
    check!("namespaces after that", pid_namespaces()?, before);
    unregister(&device)?;

    let it = in_a_pid_namespace(|| register(&open()?))?;
    check!("it exits, which closes its file", it, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before);

    check!("it stays registered", in_a_pid_namespace(|| register(&device))?, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before + 1);
    unregister(&device)?;
    check!("namespaces after its end", pid_namespaces()?, before);
    Ok(())
}

/// The number that the kernel would give to a new eventfd: the lowest that no
/// eventfd has. An eventfd has its number until nobody holds it any more.
pub fn next_eventfd() -> io::Result<u32> {
    let eventfd = EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC)?;
    let info = format!("/proc/self/fdinfo/{}", eventfd.as_fd().as_raw_fd());
    proc_value(&info, "eventfd-id")?.parse().map_err(io::Error::other)
}
