//! If the handler has SA_RESTART, the call is made again after it, as any other. The filter
//! is asked again, and so is the supervisor: a second request, with a number of its own. A
//! supervisor that has acted on the first one acts twice.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, Signal, kill};
use steps::ended_well;

use crate::caller::start_caller;
use crate::getuid::getuid;
use crate::handler::handle_sigusr1;

pub fn run() -> nix::Result<()> {
    scene!("10. a caller has a handler with SA_RESTART, and calls getuid");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        handle_sigusr1(SaFlags::SA_RESTART)?;
        check!("getuid", getuid(), Ok(4711));
        Ok(())
    })?;
    let first = listener.receive()?;
    mark!("10. the supervisor has the request; SIGUSR1 is sent to the caller");
    kill(caller, Signal::SIGUSR1)?;
    let second = listener.receive()?;
    check!("the numbers differ", first.id == second.id, false);
    check!("SECCOMP_IOCTL_NOTIF_ID_VALID", listener.still_waits(first.id), Err(Errno::ENOENT));
    mark!("10. it has a second request, and answers that one");
    listener.answer(second.id, 4711)?;
    ended_well(caller)?;
    println!("10. with SA_RESTART: the supervisor is asked once more, by another request");
    Ok(())
}
