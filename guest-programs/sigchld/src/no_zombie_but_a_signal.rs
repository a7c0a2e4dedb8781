//! SA_NOCLDWAIT: the kernel reaps the child as well, but `do_notify_parent`
//! (kernel/signal.c) sends the signal all the same.

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::SaFlags;
use nix::sys::wait::waitpid;
use steps::{exit, start};

use crate::handler::{check_handler, handle, wait_for_handler};

pub fn run() -> nix::Result<()> {
    scene!("9. SA_NOCLDWAIT: no zombie, but a signal");
    handle(SaFlags::SA_NOCLDWAIT)?;
    let child = start(|| exit(5))?;
    wait_for_handler(1)?;
    check_handler(libc::CLD_EXITED, child, 5);
    check!("waitpid under SA_NOCLDWAIT", waitpid(child, None), Err(Errno::ECHILD));
    println!("9. SA_NOCLDWAIT: a signal with si_status 5, no zombie: ECHILD");
    Ok(())
}
