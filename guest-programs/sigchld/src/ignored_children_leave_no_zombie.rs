//! SIG_IGN: `do_notify_parent` (kernel/signal.c) sends nothing, and `exit_notify`
//! (kernel/exit.c) reaps the child. A wait blocks until the last child is gone, and
//! then has nothing to return.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigHandler, kill};
use nix::sys::wait::waitpid;
use steps::start;

use crate::handler::{is_pending, set};

pub fn run() -> nix::Result<()> {
    scene!("8. SIG_IGN: the child leaves no zombie");
    set(SigHandler::SigIgn, SaFlags::empty())?;
    let child = start(|| Ok(()))?;
    check!("waitpid under SIG_IGN", waitpid(child, None), Err(Errno::ECHILD));
    check!("kill(child, 0)", kill(child, None), Err(Errno::ESRCH));
    check!("SIGCHLD pending", is_pending()?, false);
    println!("8. SIG_IGN: no signal, no zombie; waitpid fails: ECHILD");
    Ok(())
}
