//! Interrupts, and the tasks that they fall on.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{counters, raise, raise_later, unregister};
use marker::check;
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, setresgid, setresuid};
use steps::{run_second, start};

use crate::handler;

/// What LAB_KILL_PID_RAISE raises.
const CAUSE_RAISE: u32 = 0x1;

/// Has the device interrupt now, which falls on this process in its ioctl, and
/// returns what kill_pid returned. With one processor, the interrupt handler has
/// run before the next system call.
pub fn now(device: &OwnedFd) -> nix::Result<i32> {
    let before = counters(device)?;
    raise(device)?;
    let after = counters(device)?;
    check!("interrupts", after.interrupts, before.interrupts + 1);
    check!("causes", after.causes, CAUSE_RAISE);
    Ok(after.result)
}

/// Starts a process of `user` that is busy until an interrupt has come since the
/// registration.
pub fn busy_process(device: &OwnedFd, user: u32) -> nix::Result<Pid> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(user));
    start(|| {
        run_second()?;
        setresgid(group, group, group)?;
        setresuid(user, user, user)?;
        while counters(device)?.interrupts == 0 {}
        Ok(())
    })
}

/// One interrupt while `busy` has the processor or, without it, nobody has; then the
/// registration ends. Returns si_code and si_pid as the handler saw them, or why
/// kill_pid sent nothing.
pub fn falls_on(busy: Option<Pid>, device: &OwnedFd) -> io::Result<Result<(c_int, i32), Errno>> {
    raise_later(device)?;
    match busy {
        Some(busy) => check!("busy process", waitpid(busy, None)?, WaitStatus::Exited(busy, 0)),
        None => handler::wait()?,
    }
    let result = counters(device)?.result;
    unregister(device)?;
    if result < 0 {
        return Ok(Err(Errno::from_raw(-result)));
    }
    if busy.is_some() {
        handler::wait()?;
    }
    Ok(Ok(handler::siginfo()))
}
