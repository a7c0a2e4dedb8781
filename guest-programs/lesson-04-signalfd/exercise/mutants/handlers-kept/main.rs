//! Takes orders by signals: prints the values that come with signal 34, starts a
//! worker at SIGUSR1, and at SIGTERM ends the worker and itself.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};

use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The signal that brings a value: the first real-time signal that glibc leaves
/// to programs.
const VALUE: c_int = 34;

/// What the handlers leave for the loop: the value, if there is one (they are
/// positive), and which of the others has come.
static LAST_VALUE: AtomicI32 = AtomicI32::new(0);
static WORKER: AtomicBool = AtomicBool::new(false);
static END: AtomicBool = AtomicBool::new(false);

extern "C" fn on_order(signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    match signal {
        // SAFETY: the kernel passes a valid siginfo, and with it came a value.
        VALUE => LAST_VALUE.store(unsafe { (*info).si_value() }.sival_ptr.addr() as i32, Relaxed),
        libc::SIGUSR1 => WORKER.store(true, Relaxed),
        _ => END.store(true, Relaxed),
    }
}

fn main() -> Result<()> {
    for signal in [VALUE, libc::SIGUSR1, libc::SIGTERM] {
        handle(signal)?;
    }
    let signals = SignalFd::new(&orders())?;

    let mut worker = None;
    while !END.load(Relaxed) {
        let order = match signals.read_signal() {
            Err(Errno::EINTR) => continue,
            order => order?,
        };
        match order.map(|order| (order.ssi_signo as c_int, order.ssi_int)) {
            Some((VALUE, value)) => println!("{value}"),
            Some((libc::SIGUSR1, _)) => worker = Some(start_worker()?),
            _ => break,
        }
    }
    if let Some(worker) = worker {
        end_worker(worker)?;
    }
    Ok(())
}

/// Has `on_order` handle a signal. nix's sigaction takes a `Signal`, and 34 is
/// none.
fn handle(signal: c_int) -> Result<()> {
    let action = libc::sigaction {
        sa_sigaction: on_order as *const () as usize,
        sa_mask: *SigSet::empty().as_ref(),
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler only stores to atomic variables.
    Errno::result(unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) })?;
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
