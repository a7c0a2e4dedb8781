//! A caller can be killed while it waits. Its pid, which the supervisor has, is then free for
//! another process. Only the number of the request says that it is too late.

use std::fs::File;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFlags, PollTimeout};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::errno;

use crate::caller::start_caller;
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("12. a caller calls getuid");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        getuid()?;
        Err(Errno::EALREADY) // it does not come so far
    })?;
    let request = listener.receive()?;
    mark!("12. the supervisor has the request; SIGKILL is sent to the caller");
    kill(caller, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(caller, Signal::SIGKILL, false);
    check!("wait status", waitpid(caller, None)?, killed);
    mark!("12. the supervisor asks whether the caller still waits");
    check!("SECCOMP_IOCTL_NOTIF_ID_VALID", listener.still_waits(request.id), Err(Errno::ENOENT));
    let memory = File::open(format!("/proc/{}/mem", request.pid)).map_err(errno).map(drop);
    check!("its memory", memory, Err(Errno::ENOENT));
    check!("poll", listener.ready(PollTimeout::ZERO)?, PollFlags::POLLHUP);
    println!("12. SIGKILL: the request is gone, and the pid free for another process;");
    println!("    nobody is left to ask: POLLHUP");
    Ok(())
}
