//! execve(2) keeps the mask, the pending signals and the descriptor: `begin_new_exec`
//! (fs/exec.c) takes away handlers, and closes what is close-on-exec.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use marker::{check, scene};
use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{execv, getpid};
use steps::{ended_well, start_when_forked};

use crate::records::{check_record, one};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    let child = start_when_forked(|| {
        scene!("12. SIGUSR1 is pending; executes itself");
        kill(getpid(), Signal::SIGUSR1)?;
        let fd = CString::new(signals.as_raw_fd().to_string()).expect("a number has no zero in it");
        execv(c"/proc/self/exe", &[c"signalfd", &fd])?;
        Ok(())
    })?;
    Ok(ended_well(child)?)
}

/// What the program does when it is executed with the number of a descriptor.
pub fn after_exec(fd: c_int) -> io::Result<()> {
    check!("SIGUSR1 blocked", SigSet::thread_get_mask()?.contains(Signal::SIGUSR1), true);
    // SAFETY: the caller has left it open, and nobody here closes it.
    let signals = unsafe { BorrowedFd::borrow_raw(fd) };
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("12. after execve: still blocked, still pending, and read");
    Ok(())
}
