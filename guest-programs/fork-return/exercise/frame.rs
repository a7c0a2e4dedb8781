//! Starts workers, and ends them again.
//!
//! Usage: main COUNT
//!
//! A worker is a child that works until it is told to end.

// region: errno
use nix::errno::Errno;
// endregion
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Starts `count` workers, or as many as there can be, and returns their pids.
/// Worker `number` does `work(number)` and exits with what that returns.
fn start_workers(count: i32) -> Result<Vec<libc::pid_t>> {
    // region: workers
    let mut workers = Vec::new();
    // region: loop
    for number in 1..=count {
        // endregion
        // region: fork
        // SAFETY: this program has one thread, so the child may do as it likes.
        match unsafe { libc::fork() } {
            // region: solution
            // No child, and so no second return: the kernel has said no. A limit
            // is no reason to give up; anything else is.
            // endregion
            // region: limit
            -1 if Errno::last() == Errno::EAGAIN => break,
            // endregion
            -1 => return Err(Errno::last().into()),
            // region: solution
            // The child. Its life ends here: it does not go on in the loop, and
            // it does not write out its copy of the parent's output buffer, as
            // std::process::exit would.
            // endregion
            // region: child
            0 => {
                // region: end
                let status = work(number);
                // SAFETY: it ends the process, and any status will do.
                unsafe { libc::_exit(status) }
                // endregion
            }
            // endregion
            // region: solution
            // The parent.
            // endregion
            pid => workers.push(pid),
        }
        // endregion
    }
    // endregion
    Ok(workers)
}

fn main() -> Result<()> {
    let count: i32 = std::env::args().nth(1).ok_or("usage: main COUNT")?.parse()?;
    // Workers inherit this, so none misses a SIGTERM that comes early.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigterm()), None)?;

    print!("asked for {count} workers, ");
    let workers = start_workers(count)?;
    println!("started {}", workers.len());

    for (number, &worker) in (1..).zip(&workers) {
        let worker = Pid::from_raw(worker);
        kill(worker, Signal::SIGTERM)?;
        let ended = waitpid(worker, None)?;
        if ended != WaitStatus::Exited(worker, number) {
            return Err(format!("worker {number} ended so: {ended:?}").into());
        }
    }
    Ok(())
}

/// What a worker does: works until SIGTERM comes, and returns its number.
// region: attribute
// endregion
fn work(number: i32) -> i32 {
    match sigterm().wait() {
        Ok(_) => number,
        Err(_) => -1,
    }
}

fn sigterm() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGTERM);
    set
}
