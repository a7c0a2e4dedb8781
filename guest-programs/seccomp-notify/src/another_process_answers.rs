//! With SECCOMP_RET_USER_NOTIF the caller sleeps on its way into the call
//! (`seccomp_do_user_notification`, kernel/seccomp.c). First it wakes who waits for the
//! listener. That process, the supervisor, takes the request and answers it.

use marker::{Arg, check, mark, scene};
use nix::libc;
use nix::poll::{PollFlags, PollTimeout};
use nix::sys::prctl::set_name;
use steps::ended_well;

use crate::caller::start_caller;
use crate::filter::AUDIT_ARCH_X86_64;
use crate::getuid::getuid;

pub fn run() -> nix::Result<()> {
    scene!("5. a caller calls getuid, and a supervisor listens");
    let (caller, listener) = start_caller(libc::SYS_getuid, || {
        set_name(c"caller")?; // the trace shows how this one sleeps, and who wakes whom
        check!("getuid", getuid(), Ok(4711));
        mark!("5. getuid has returned {}", 4711);
        set_name(c"seccomp-notify")
    })?;
    check!("poll", listener.ready(PollTimeout::NONE)?, PollFlags::POLLIN);
    mark!("5. the supervisor knows that there is a request");
    let request = listener.receive()?;
    check!("pid", request.pid, caller.as_raw().cast_unsigned());
    check!("nr", i64::from(request.data.nr), libc::SYS_getuid);
    check!("arch", request.data.arch, AUDIT_ARCH_X86_64);
    let pid = Arg::Task(caller.as_raw());
    mark!("5. it has it: system call {} of {}", request.data.nr, pid);
    check!("poll", listener.ready(PollTimeout::ZERO)?, PollFlags::POLLOUT);

    mark!("5. it answers {}", 4711);
    listener.answer(request.id, 4711)?;
    ended_well(caller)?;
    println!("5. SECCOMP_RET_USER_NOTIF: the caller sleeps, the listener is readable;");
    println!("   when it is answered, getuid returns 4711");
    Ok(())
}
