//! What a supervisor is refused. RECV wants a buffer of zeroes, because what is not zero may
//! mean something one day (`check_zeroed_user`). And each request has one answer
//! (`seccomp_notify_send`, kernel/seccomp.c).

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use steps::ended_well;

use crate::caller::start_caller;
use crate::getuid::getuid;
use crate::listener::empty;

pub fn run() -> nix::Result<()> {
    scene!("15. a caller calls getuid, and the supervisor's buffer is not empty");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        check!("getuid", getuid(), Ok(1));
        Ok(())
    })?;
    let mut request = empty();
    request.id = 1;
    let dirty = listener.receive_into(&mut request).expect_err("it is not empty");
    check!("SECCOMP_IOCTL_NOTIF_RECV", dirty, Errno::EINVAL);
    request.id = 0;
    listener.receive_into(&mut request)?;
    listener.answer(request.id, 1)?;
    mark!("15. it has answered, and answers once more");
    let twice = listener.answer(request.id, 2).expect_err("it has an answer");
    check!("SECCOMP_IOCTL_NOTIF_SEND", twice, Errno::EINPROGRESS);
    ended_well(caller)?;
    mark!("15. the caller has ended, and it answers a third time");
    let late = listener.answer(request.id, 3).expect_err("nobody waits for it");
    check!("SECCOMP_IOCTL_NOTIF_SEND", late, Errno::ENOENT);
    println!("15. RECV into a buffer that is not zero fails: {dirty}");
    println!("    a second answer fails: {twice}");
    println!("    one when the caller has gone fails: {late}");
    Ok(())
}
