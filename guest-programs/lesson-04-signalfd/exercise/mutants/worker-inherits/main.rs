//! Takes orders by signals: prints the values that come with signal 34, starts a
//! worker at SIGUSR1, and at SIGTERM ends the worker and itself.

use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The signal that brings a value: the first real-time signal that glibc leaves
/// to programs.
const VALUE: c_int = 34;

fn main() -> Result<()> {
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&orders()), None)?;
    let signals = SignalFd::new(&orders())?;

    let mut worker = None;
    while let Some(order) = signals.read_signal()? {
        match order.ssi_signo as c_int {
            VALUE => println!("{}", order.ssi_int),
            libc::SIGUSR1 => worker = Some(start_worker()?),
            libc::SIGTERM => break,
            _ => {}
        }
    }
    if let Some(worker) = worker {
        end_worker(worker)?;
    }
    Ok(())
}

/// The signals that are orders.
fn orders() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGUSR1);
    set.add(Signal::SIGTERM);
    // nix's `Signal` names standard signals only.
    let mut set = *set.as_ref();
    // SAFETY: an initialised set and a valid signal number, so it cannot fail.
    unsafe { libc::sigaddset(&mut set, VALUE) };
    // SAFETY: the set is initialised.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// Starts a worker, which works until SIGTERM ends it.
fn start_worker() -> Result<Pid> {
    // SAFETY: this program has one thread.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

/// Sends a worker SIGTERM and waits until it has ended.
fn end_worker(worker: Pid) -> Result<()> {
    kill(worker, Signal::SIGTERM)?;
    waitpid(worker, None)?;
    Ok(())
}
