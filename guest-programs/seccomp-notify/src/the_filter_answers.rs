//! The shortest way: the filter says SECCOMP_RET_ERRNO, and `__seccomp_filter`
//! (kernel/seccomp.c) writes the error into the caller's registers. That is on the way into
//! the call, which never begins.

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{self, SECCOMP_RET_ERRNO};
use steps::{ended_well, start};

use crate::filter::{install, on};
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("1. a child calls getuid, and its filter says EPERM");
    let child = start(|| {
        install(&on(libc::SYS_getuid, SECCOMP_RET_ERRNO | libc::EPERM as u32))?;
        check!("getuid", getuid(), Err(Errno::EPERM));
        Ok(())
    })?;
    ended_well(child)?;
    println!("1. SECCOMP_RET_ERRNO: getuid, which never fails, fails with EPERM;");
    println!("   the call has not begun");
    Ok(())
}
