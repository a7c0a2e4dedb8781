//! With SIG_DFL `sig_ignored` (kernel/signal.c) drops a SIGCHLD, unless it is blocked:
//! then it is kept. So a program can block it first and read it later by signalfd(2).

use marker::{check, mark, scene};
use nix::sys::signal::{SaFlags, SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::{start, start_when_forked};

use crate::handler::{is_pending, set};

pub fn run() -> nix::Result<()> {
    scene!("10. SIG_DFL and blocked: the signal is kept");
    set(SigHandler::SigDfl, SaFlags::empty())?;
    let child = start(|| Ok(()))?;
    waitpid(child, None)?;
    check!("SIGCHLD pending", is_pending()?, true);

    mark!("11. SIG_DFL and not blocked: the signal is dropped");
    // Unblocking delivers the pending one, and the default action is nothing.
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigchld), None)?;
    let child = start_when_forked(|| Ok(()))?;
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    check!("SIGCHLD pending", is_pending()?, false);
    println!("10. SIG_DFL: kept while blocked");
    println!("11. SIG_DFL: dropped when not blocked");
    Ok(())
}
