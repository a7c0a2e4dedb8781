//! `seccomp_do_user_notification` (kernel/seccomp.c) passes the supervisor's error on to
//! `syscall_set_return_value`, as it is. A system call fails if it returns -4095 to -1. So
//! an errno without its sign is no error: it is a result.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use steps::ended_well;

use crate::caller::start_caller;
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("6. a caller calls getuid, and the answer is an error");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        check!("getuid", getuid(), Err(Errno::EACCES));
        mark!("6. it calls again, and the sign is forgotten");
        check!("getuid", getuid(), Ok(libc::EACCES.into()));
        Ok(())
    })?;
    listener.refuse(listener.receive()?.id, -libc::EACCES)?;
    listener.refuse(listener.receive()?.id, libc::EACCES)?;
    ended_well(caller)?;
    println!("6. error -13: getuid fails with EACCES; error 13: it returns 13");
    Ok(())
}
