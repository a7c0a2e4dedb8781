//! Starts workers, and ends them again.
//!
//! Usage: main COUNT
//!
//! A worker is a child that works until it is told to end.

use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Starts so many workers, or as many as there can be, and returns their pids.
/// Worker `number` does `work(number)` and exits with what that returns.
fn start_workers(count: i32) -> Result<Vec<libc::pid_t>> {
    let workers = Vec::new();
    for _number in 1..=count {
        // TODO: fork worker `_number`.
    }
    Ok(workers)
}

fn main() -> Result<()> {
    let count: i32 = std::env::args().nth(1).ok_or("usage: main COUNT")?.parse()?;
    // Workers inherit this: none misses a SIGTERM that comes early.
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
#[allow(unused, reason = "start_workers is to use it")]
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
