//! Both processes go on with the same program if it does not look at the return value.
//! So two lines of source are three runs of `kernel_clone` (kernel/fork.c): each line
//! doubles the number of processes.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::fork;
use steps::{exit, start};

pub fn run() -> nix::Result<()> {
    scene!("2. two forks without a branch");
    let child = start(|| {
        mark!("2. one process calls fork, and again");
        // SAFETY: this program has one thread, so the child may do as it likes.
        unsafe {
            fork()?;
            fork()?;
        }
        // Everybody comes here. Each counts itself and what its children have
        // counted.
        let mut processes = 1;
        loop {
            match waitpid(None, None) {
                Ok(WaitStatus::Exited(_, counted)) => processes += counted,
                Err(Errno::ECHILD) => exit(processes),
                other => {
                    check!("a wait", other, Err(Errno::ECHILD));
                }
            }
        }
    })?;
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 4));
    println!("2. two forks without a branch: 4 processes");
    Ok(())
}
