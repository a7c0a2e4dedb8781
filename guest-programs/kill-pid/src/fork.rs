//! fork(2) with what clone3(2) adds to it, and what only root can have. The C library
//! has no wrapper for the system call: see "clone3()" in clone(2).

use std::mem::zeroed;
use std::ptr;

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::unistd::{ForkResult, Pid};
use steps::sleep_for_ever;

/// Starts a child that has this number, and sleeps for ever.
pub fn start_impostor(pid: Pid) -> nix::Result<Pid> {
    // SAFETY: without flags it is a fork(2), after which this child only sleeps.
    match unsafe { fork(CloneFlags::empty(), Some(pid))? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => sleep_for_ever(),
    }
}

/// Forks with flags of clone(2), such as CLONE_NEWPID, and with a choice of the child's
/// number.
///
/// # Safety
/// With no flag do parent and child share memory. Only the thread that forked is in the
/// child, and a lock that another one held stays locked there.
pub unsafe fn fork(flags: CloneFlags, number: Option<Pid>) -> nix::Result<ForkResult> {
    let set_tid = [number.map_or(0, Pid::as_raw)];
    // SAFETY: zero is a valid value of every field, and means that it is not used.
    let mut args: libc::clone_args = unsafe { zeroed() };
    args.flags = flags.bits() as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if number.is_some() {
        args.set_tid = ptr::from_ref(&set_tid).addr() as u64;
        args.set_tid_size = 1;
    }
    // SAFETY: `args` and what it points to live through the call.
    let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    Ok(match Errno::result(child)? {
        0 => ForkResult::Child,
        child => ForkResult::Parent { child: Pid::from_raw(child as i32) },
    })
}
