//! Forks that the C library has no part in, and what a new program is given.

use std::arch::asm;
use std::ffi::CString;

use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::unistd::{ForkResult, Pid};

/// The program that this one executes.
pub const OTHER: &str = "/lab/fork-return-other";

/// An ordinary user: root's forks have no limit.
pub const STUDENT: u32 = 1000;

/// fork(2) as the kernel offers it: what comes back in the register is a pid,
/// 0, or a negative errno.
pub fn fork_without_libc() -> c_long {
    let returned: c_long;
    // SAFETY: the call writes no memory that this program can see, and changes
    // no registers but these three (syscall(2), "Architecture calling
    // conventions"). A child of it may only exit: libc does not know of it.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") libc::SYS_fork => returned,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    returned
}

/// fork(2), but the child gets this pid. Only clone3(2) can do it, and libc has
/// no function for that. The child may only sleep or exit.
pub fn fork_as(pid: Pid) -> nix::Result<ForkResult> {
    let wanted = [pid.as_raw()];
    // SAFETY: zero is a valid value of every field, and means that it is not
    // used.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.exit_signal = libc::SIGCHLD as u64;
    arguments.set_tid = wanted.as_ptr() as u64;
    arguments.set_tid_size = wanted.len() as u64;
    // SAFETY: the arguments are live values of the right type and size. Parent
    // and child share no memory, and this program has one thread.
    let returned =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of_val(&arguments)) };
    Ok(match Errno::result(returned)? {
        0 => ForkResult::Child,
        child => {
            ForkResult::Parent { child: Pid::from_raw(child.try_into().expect("a pid is an int")) }
        }
    })
}

pub fn c_string(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).expect("there is no zero in it")
}
