//! Takes orders by signals: prints the values that come with signal 34, starts a
//! worker at SIGUSR1, and at SIGTERM ends the worker and itself.

// region: imports
use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The signal that brings a value: the first real-time signal that glibc leaves
/// to programs.
const VALUE: c_int = 34;

// region: handlers
// endregion
fn main() -> Result<()> {
    // region: set-up
    // region: solution
    // Block them first: an unblocked signal is delivered, and these would end the
    // program, signalfd or not. A blocked signal waits until it is read.
    // endregion
    // region: block
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&orders()), None)?;
    // endregion
    // region: signalfd
    let signals = SignalFd::new(&orders())?;
    // endregion

    // endregion
    // region: solution
    // Orders are carried out one by one, here, where everything may be called
    // and nothing is interrupted. Values queue, each with its own record, and
    // read_signal takes them one by one, in order.
    // endregion
    let mut worker = None;
    // region: loop
    // region: next-order
    while let Some(order) = signals.read_signal()? {
        // endregion
        match order.ssi_signo as c_int {
            VALUE => println!("{}", order.ssi_int),
            libc::SIGUSR1 => worker = Some(start_worker()?),
            libc::SIGTERM => break,
            _ => {}
        }
    }
    // endregion
    if let Some(worker) = worker {
        end_worker(worker)?;
    }
    Ok(())
}

// region: handle
// endregion
/// The signals that are orders.
// region: attribute
// endregion
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
    // region: worker
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            // region: unblock
            // The mask is inherited, and would survive even execve(2). SIGTERM may
            // be here already: then it takes effect now.
            sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&orders()), None)?;
            // endregion
            loop {
                pause();
            }
        }
    }
    // endregion
}

/// Sends a worker SIGTERM and waits until it has ended.
fn end_worker(worker: Pid) -> Result<()> {
    kill(worker, Signal::SIGTERM)?;
    waitpid(worker, None)?;
    Ok(())
}
