//! The kernel's parent is a task, and that is a thread: `forget_original_parent` is called
//! as each of them ends. If others of its process live on, one of them is the new parent,
//! the child's getppid(2) is what it was, and the signal is sent all the same.

use std::thread;

use marker::{mark, scene};
use nix::errno::Errno;
use nix::libc::c_int;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};
use steps::{ended_well, exit, wait_until_asleep};

use crate::heir::ask_and_wait;

pub fn run() -> nix::Result<()> {
    scene!("12. a thread makes such a child, and ends");
    let child = thread::spawn(fork_and_end).join().map_err(|_| Errno::UnknownErrno)??;
    ended_well(child)?;
    println!("12. the thread that forked ends, its process lives: SIGTERM all the same");
    Ok(())
}

/// Forks when the first thread sleeps in join(), so that it does not run in the middle of
/// the fork.
fn fork_and_end() -> nix::Result<Pid> {
    wait_until_asleep(getpid())?;
    // SAFETY: the child has one of two threads. It calls only what signal-safety(7) allows.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => wait_until_asleep(child).map(|()| child),
        ForkResult::Child => exit(be_the_heir().err().map_or(0, |error| error as c_int)),
    }
}

fn be_the_heir() -> nix::Result<()> {
    let parent = getppid();
    mark!("12. asks for SIGTERM, and waits");
    ask_and_wait()?;
    if getppid() == parent {
        mark!("12. the child's parent is still there");
    }
    Ok(())
}
