//! A filter is never removed. `seccomp_run_filters` (kernel/seccomp.c) runs all of a task's,
//! the newest first, and takes the most severe answer; of two equal actions, the newest's.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{self, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO};
use steps::{ended_well, start};

use crate::filter::{install, on};
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("4. a child's filter says EPERM, and a second one ALLOW");
    let child = start(|| {
        install(&on(libc::SYS_getuid, SECCOMP_RET_ERRNO | libc::EPERM as u32))?;
        install(&on(libc::SYS_getuid, SECCOMP_RET_ALLOW))?;
        check!("getuid", getuid(), Err(Errno::EPERM));
        mark!("4. a third filter says EACCES");
        install(&on(libc::SYS_getuid, SECCOMP_RET_ERRNO | libc::EACCES as u32))?;
        check!("getuid", getuid(), Err(Errno::EACCES));
        Ok(())
    })?;
    ended_well(child)?;
    println!("4. several filters: ERRNO beats ALLOW; of two ERRNO, the newer wins");
    Ok(())
}
