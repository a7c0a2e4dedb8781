//! A process with a number of one's choice, which only root can have.

use std::ptr;

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;
use steps::sleep_for_ever;

/// Starts a child that has this number, and sleeps for ever. The C library has no
/// wrapper for the system call: see "clone3()" in clone(2).
pub fn start(pid: Pid) -> nix::Result<Pid> {
    #[repr(C)]
    #[derive(Default)]
    struct CloneArgs {
        flags: u64,
        pidfd: u64,
        child_tid: u64,
        parent_tid: u64,
        exit_signal: u64,
        stack: u64,
        stack_size: u64,
        tls: u64,
        set_tid: u64,
        set_tid_size: u64,
    }
    let set_tid = [pid.as_raw()];
    let args = CloneArgs {
        exit_signal: libc::SIGCHLD as u64,
        set_tid: ptr::from_ref(&set_tid).addr() as u64,
        set_tid_size: 1,
        ..CloneArgs::default()
    };
    // SAFETY: `args` and what it points to live through the call. Without
    // flags it is a fork(2), and this program has one thread.
    let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    match Errno::result(child)? {
        0 => sleep_for_ever(),
        child => Ok(Pid::from_raw(child as i32)),
    }
}
