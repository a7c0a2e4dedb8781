//! Relays what comes from two pipes, and ticks when nothing comes.
//!
//! The pipes are open when the program starts: the left one is descriptor 0, the
//! right one descriptor 10. Each line is printed with the name of its pipe.

use std::os::fd::{BorrowedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::errno::Errno;
use nix::libc::{self, FD_ISSET, FD_SET, fd_set, timeval};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::read;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A name and a descriptor.
type Input = (&'static str, RawFd);

const LEFT: Input = ("left", 0);
const RIGHT: Input = ("right", 10);

/// 100 ms.
const TICK: timeval = timeval { tv_sec: 0, tv_usec: 100_000 };

/// How often SIGUSR1 has come.
static SIGNALS: AtomicU32 = AtomicU32::new(0);

extern "C" fn on_sigusr1(_: i32) {
    SIGNALS.fetch_add(1, Relaxed);
}

/// Prints what comes from the inputs until both are at their end.
fn relay(inputs: &[Input]) -> Result<()> {
    // region: relay
    // region: once
    let mut open = inputs.to_vec();
    // endregion
    while !open.is_empty() {
        // region: solution
        // The kernel writes its answer over the question: it leaves in the set what
        // is ready, and in the time what is left of it. So both are good for one
        // turn only.
        // endregion
        // region: set
        let mut reads = set(&open);
        // endregion
        // region: time
        let mut left_over = TICK;
        // endregion
        // region: solution
        // A count, not a descriptor: select looks at the descriptors below it.
        // endregion
        // region: nfds
        let nfds = open.iter().map(|&(_, fd)| fd + 1).max().unwrap_or(0);
        // endregion
        match select(nfds, &mut reads, &mut left_over) {
            // region: solution
            // The handler has run. The set is as it was: it says nothing.
            // endregion
            // region: interrupted
            Err(Errno::EINTR) => continue,
            // endregion
            Err(error) => return Err(error.into()),
            Ok(0) => println!("tick"),
            Ok(_) => {}
        }
        // region: solution
        // At its end a pipe is readable for ever, so it has to leave the set.
        // endregion
        // region: lines
        for (name, fd) in open.clone() {
            if contains(&reads, fd) {
                match next_line(fd)? {
                    Some(line) => println!("{name} {line}"),
                    None => open.retain(|&(_, other)| other != fd),
                }
            }
        }
        // endregion
    }
    Ok(())
    // endregion
}

fn main() -> Result<()> {
    let action =
        SigAction::new(SigHandler::Handler(on_sigusr1), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler only adds to an atomic variable.
    unsafe { sigaction(Signal::SIGUSR1, &action)? };
    relay(&[LEFT, RIGHT])
}

/// The set of some inputs' descriptors.
fn set(inputs: &[Input]) -> fd_set {
    // SAFETY: all zeros are the empty set.
    let mut set: fd_set = unsafe { std::mem::zeroed() };
    for &(_, fd) in inputs {
        // SAFETY: the numbers are small enough for a set.
        unsafe { FD_SET(fd, &mut set) };
    }
    set
}

fn contains(set: &fd_set, fd: RawFd) -> bool {
    // SAFETY: the numbers are small enough for a set.
    unsafe { FD_ISSET(fd, set) }
}

/// select(2) for reading.
fn select(nfds: i32, reads: &mut fd_set, time: &mut timeval) -> nix::Result<i32> {
    let null = ptr::null_mut();
    // SAFETY: set and time are valid.
    Errno::result(unsafe { libc::select(nfds, reads, null, null, time) })
}

/// Reads the line that is there; `None` at the end of the input.
fn next_line(fd: RawFd) -> Result<Option<String>> {
    let mut bytes = [0; 64];
    // SAFETY: it is open from the program's start to its end.
    let count = read(unsafe { BorrowedFd::borrow_raw(fd) }, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes[..count]);
    Ok((count > 0).then(|| text.trim_end().to_owned()))
}
