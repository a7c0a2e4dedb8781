//! A student, user 1000, who calls kill(2).

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::unistd::{Pid, Uid, setresuid};

pub fn become_student() -> nix::Result<()> {
    let student = Uid::from_raw(1000);
    setresuid(student, student, student)
}

/// capset(2): with PR_SET_KEEPCAPS this process may still have every capability, but has
/// none in effect. Keeps CAP_KILL alone, in effect.
pub fn keep_cap_kill() -> nix::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    const CAP_KILL: u32 = 1 << 5;
    let header = [VERSION_3, 0];
    // Effective, permitted, inheritable: the lower 32 capabilities, then the upper.
    let sets = [CAP_KILL, CAP_KILL, 0, 0, 0, 0];
    // SAFETY: both have the layout that capset(2) describes, and it only reads them.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, &header, &sets) }).map(drop)
}

/// nix's `Signal` has no names for real-time signals.
pub fn kill(pid: Pid, signal: c_int) -> nix::Result<()> {
    // SAFETY: kill(2) takes any two numbers.
    Errno::result(unsafe { libc::kill(pid.as_raw(), signal) }).map(drop)
}
