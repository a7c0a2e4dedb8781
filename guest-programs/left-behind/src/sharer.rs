//! A task that has this program's memory, and stops it until it ends, as the child of vfork(2)
//! does. A thread would have it, too, but the C library has asked the kernel for a thread's
//! words already: here they are still to be had.

use nix::libc::{SIGCHLD, c_int};
use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;
use steps::ended_well;

/// Starts it, and returns when it has ended.
pub fn start(mut work: impl FnMut() -> nix::Result<()>) -> nix::Result<Pid> {
    const STACK: usize = 64 << 10;
    let mut stack = vec![0; STACK];
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    let work = Box::new(|| work().err().map_or(0, |error| error as c_int as isize));
    // SAFETY: this task stands still until the other has ended. So that may do as it likes
    // with their memory, and has the stack for itself.
    unsafe { clone(work, &mut stack, flags, Some(SIGCHLD)) }
}

/// The same, and checks that its work went well.
pub fn run(work: impl FnMut() -> nix::Result<()>) -> nix::Result<()> {
    ended_well(start(work)?)
}
