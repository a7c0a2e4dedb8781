//! When the last descriptor of a listener is closed, `seccomp_notify_detach`
//! (kernel/seccomp.c) answers all who wait: ENOSYS. So it does for a supervisor that dies.
//! The filter stays, so each later call gets the same error at once.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_name;
use steps::ended_well;

use crate::caller::start_caller;
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("13. a caller calls getuid");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        set_name(c"caller")?;
        check!("getuid", getuid(), Err(Errno::ENOSYS));
        mark!("13. it calls again");
        check!("getuid", getuid(), Err(Errno::ENOSYS));
        set_name(c"seccomp-notify")
    })?;
    listener.receive()?;
    mark!("13. the supervisor has the request, and closes its listener");
    drop(listener);
    ended_well(caller)?;
    println!("13. the listener is closed: getuid fails with ENOSYS, now and for ever");
    Ok(())
}
