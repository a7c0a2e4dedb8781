//! Reaps every child that has ended, each time it hears of one.
//!
//! Usage: main CHILDREN
//!
//! The program forks so many children, which exit, and one more, which stays
//! until it is killed. It prints how many children it reaped when the first
//! SIGCHLD came, and how many at the second.

// region: errno
use nix::errno::Errno;
// endregion
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal};
use nix::sys::signal::{kill, sigaction, sigprocmask};
// region: wait
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
// endregion
use nix::unistd::{ForkResult, Pid, fork, pause};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

// region: handler
/// Nothing has to be done here: that the handler exists makes SIGCHLD end
/// `sigsuspend`.
extern "C" fn on_sigchld(_: i32) {}

// endregion
/// Reaps every child that has ended by now, and says how many those were.
/// Children that still run are left alone.
fn reap() -> Result<u32> {
    // region: reap
    // region: solution
    // One SIGCHLD may stand for any number of children: while it is pending, a
    // second one is dropped. So ask until the answer is that nobody else has
    // ended (0 children) or that there are no children left (ECHILD). WNOHANG
    // makes it an answer: without it waitpid would sleep until the child that
    // still runs ends.
    // endregion
    let mut reaped = 0;
    loop {
        // region: answers
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(reaped),
            // region: reaped
            // However it ended, it is reaped.
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => reaped += 1,
            // endregion
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        // endregion
    }
    // endregion
}

fn main() -> Result<()> {
    let children: i32 = std::env::args().nth(1).ok_or("usage: main CHILDREN")?.parse()?;

    // Blocked, SIGCHLD stays pending until sigsuspend lets it in.
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigchld), None)?;
    // region: action
    let action = SigAction::new(SigHandler::Handler(on_sigchld), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGCHLD, &action)? };
    // endregion

    let stays = start(None)?;
    let mut pids = Vec::new();
    for status in 1..=children {
        pids.push(start(Some(status))?);
    }
    // All of them have ended before SIGCHLD is looked at.
    for pid in pids {
        waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    }

    SigSet::empty().suspend()?;
    println!("reaped {}", reap()?);

    kill(stays, Signal::SIGKILL)?;
    SigSet::empty().suspend()?;
    println!("reaped {}", reap()?);
    Ok(())
}

/// Forks a child that exits with a status, or one that stays.
fn start(status: Option<i32>) -> Result<Pid> {
    // SAFETY: this program has one thread.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => match status {
            Some(status) => std::process::exit(status),
            None => loop {
                pause();
            },
        },
    }
}
