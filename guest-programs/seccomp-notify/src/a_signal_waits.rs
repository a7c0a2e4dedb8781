//! With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, a caller whose request has been received
//! waits in a way that only SIGKILL ends (`wait_for_completion_killable`). A signal wakes it
//! once more, and it goes back to sleep. The handler runs when there is an answer.

use marker::{check, mark, scene};
use nix::libc::{self, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};
use nix::sys::prctl::set_name;
use nix::sys::signal::{SaFlags, Signal, kill};
use steps::{ended_well, start, wait_until_uninterruptible};

use crate::caller::start_caller_with;
use crate::getuid::getuid;
use crate::handler::handle_sigusr1;

pub fn run() -> nix::Result<()> {
    scene!("11. a caller waits killably, and calls getuid");
    let flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let (caller, listener) = start_caller_with(flags, libc::SYS_getuid, || {
        handle_sigusr1(SaFlags::empty())?;
        set_name(c"caller")?;
        check!("getuid", getuid(), Ok(4711));
        set_name(c"seccomp-notify")
    })?;
    let request = listener.receive()?;
    mark!("11. the supervisor has the request; SIGUSR1 is sent to the caller");
    kill(caller, Signal::SIGUSR1)?;
    // The supervisor is to sleep meanwhile, or the caller would not run.
    ended_well(start(|| wait_until_uninterruptible(caller))?)?;
    check!("SECCOMP_IOCTL_NOTIF_ID_VALID", listener.still_waits(request.id), Ok(()));
    mark!("11. the caller still waits, and the supervisor answers");
    listener.answer(request.id, 4711)?;
    ended_well(caller)?;
    println!("11. SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: the handler waits for the answer");
    Ok(())
}
