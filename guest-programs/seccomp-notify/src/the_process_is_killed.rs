//! With SECCOMP_RET_KILL_PROCESS there is a SIGSYS as well, but `force_sig_info_to_task`
//! (kernel/signal.c) first sets its action back to the default. The handler is not asked.

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{self, SECCOMP_RET_KILL_PROCESS};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use steps::start;

use crate::filter::{install, on};
use crate::getuid::getuid;
use crate::sigsys::handle_sigsys;

pub fn run() -> nix::Result<()> {
    scene!("3. a child has the same handler, and its filter says KILL_PROCESS");
    let child = start(|| {
        handle_sigsys()?;
        install(&on(libc::SYS_getuid, SECCOMP_RET_KILL_PROCESS))?;
        getuid()?;
        Err(Errno::EALREADY) // it does not come so far
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGSYS, false);
    check!("wait status", waitpid(child, None)?, killed);
    println!("3. SECCOMP_RET_KILL_PROCESS: dead of SIGSYS, although it has a handler");
    Ok(())
}
