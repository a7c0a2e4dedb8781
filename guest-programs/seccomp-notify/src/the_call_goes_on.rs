//! With SECCOMP_USER_NOTIF_FLAG_CONTINUE `__seccomp_filter` (kernel/seccomp.c) returns 0, as
//! if the filter had allowed the call: it begins only now.

use marker::{check, mark, scene};
use nix::libc;
use steps::ended_well;

use crate::caller::start_caller;
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("7. a caller calls getuid, and the supervisor has nothing against it");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        check!("getuid", getuid(), Ok(0));
        Ok(())
    })?;
    let request = listener.receive()?;
    mark!("7. it lets it go on");
    listener.go_on(request.id)?;
    ended_well(caller)?;
    println!("7. SECCOMP_USER_NOTIF_FLAG_CONTINUE: now the call is made: getuid returns 0");
    Ok(())
}
