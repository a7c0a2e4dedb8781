//! While it waits, the caller can be interrupted (`wait_for_completion_interruptible`). Then
//! its request is gone, and so is the number of the request.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, Signal, kill};
use steps::{Gate, ended_well};

use crate::caller::start_caller;
use crate::getuid::getuid;
use crate::handler::handle_sigusr1;

pub fn run() -> nix::Result<()> {
    scene!("9. a caller calls getuid");
    let gate = Gate::new()?;
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        handle_sigusr1(SaFlags::empty())?;
        let error = getuid().expect_err("it is interrupted");
        check!("getuid", error, Errno::EINTR);
        mark!("9. getuid has failed: {}", error);
        gate.open()
    })?;
    let request = listener.receive()?;
    check!("SECCOMP_IOCTL_NOTIF_ID_VALID", listener.still_waits(request.id), Ok(()));
    mark!("9. the supervisor has the request; SIGUSR1 is sent to the caller");
    kill(caller, Signal::SIGUSR1)?;
    gate.wait()?;
    mark!("9. the supervisor asks whether the caller still waits");
    let error = listener.still_waits(request.id).expect_err("it has been interrupted");
    check!("SECCOMP_IOCTL_NOTIF_ID_VALID", error, Errno::ENOENT);
    mark!("9. it answers all the same");
    check!("SECCOMP_IOCTL_NOTIF_SEND", listener.answer(request.id, 4711), Err(Errno::ENOENT));
    ended_well(caller)?;
    println!("9. a signal's handler: getuid fails with EINTR, and the request is gone:");
    println!("   {error}");
    Ok(())
}
