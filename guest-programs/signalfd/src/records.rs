//! What is sent, and the records that a signalfd gives of it.

use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use marker::check;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::siginfo;
use nix::unistd::Pid;

/// The first real-time signal that glibc leaves to programs.
pub const SIGRTMIN: c_int = 34;

/// A `struct signalfd_siginfo`, which is a record: its size, bytes.
pub const RECORD: usize = 128;
const _: () = assert!(size_of::<siginfo>() == RECORD);

/// The signals that this lesson reads most of the time.
pub fn usr1_and_rtmin() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGUSR1);
    // nix's `Signal` names standard signals only.
    let mut set = *set.as_ref();
    // SAFETY: an initialised set and a valid signal number, so it cannot fail.
    unsafe { libc::sigaddset(&mut set, SIGRTMIN) };
    // SAFETY: the set is initialised.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// sigqueue(3), which nix does not have.
pub fn sigqueue(pid: Pid, signal: c_int, value: usize) -> nix::Result<()> {
    // A union: an int is what its lower half holds (x86-64).
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value) };
    // SAFETY: it reads its arguments, and nobody follows the pointer.
    Errno::result(unsafe { libc::sigqueue(pid.as_raw(), signal, value) }).map(drop)
}

/// Reads as many records as there are, if there is room: read(2) into an array
/// of them.
pub fn up_to(room: usize, signals: impl AsFd) -> nix::Result<Vec<siginfo>> {
    let mut records = Vec::<siginfo>::with_capacity(room);
    let buffer = records.as_mut_ptr().cast();
    // SAFETY: the buffer has this size.
    let bytes = unsafe { libc::read(signals.as_fd().as_raw_fd(), buffer, room * RECORD) };
    let bytes = Errno::result(bytes)? as usize;
    check!("a part of a record, bytes", bytes % RECORD, 0);
    // SAFETY: the kernel has written so many, any content of which is valid.
    unsafe { records.set_len(bytes / RECORD) };
    Ok(records)
}

/// Reads one record.
pub fn one(signals: impl AsFd) -> nix::Result<siginfo> {
    Ok(up_to(1, signals)?[0])
}

pub fn check_record(record: &siginfo, signal: c_int, code: c_int, pid: Pid) {
    check!("ssi_signo", record.ssi_signo, signal as u32);
    check!("ssi_code", record.ssi_code, code);
    check!("ssi_pid", record.ssi_pid, pid.as_raw() as u32);
}
