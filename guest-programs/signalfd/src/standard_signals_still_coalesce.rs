//! Whoever sends a standard signal asks `legacy_queue` (kernel/signal.c) whether it is
//! pending. How it will be received does not matter.

use std::io;

use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{getpid, getppid};
use steps::{ended_well, start_when_forked};

use crate::records::{check_record, up_to};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("7. SIGUSR1, three times");
    kill(getpid(), Signal::SIGUSR1)?;
    let child = start_when_forked(|| kill(getppid(), Signal::SIGUSR1))?;
    ended_well(child)?;
    kill(getpid(), Signal::SIGUSR1)?;
    let records = up_to(8, signals)?;
    check!("records", records.len(), 1);
    check_record(&records[0], libc::SIGUSR1, libc::SI_USER, getpid());
    println!("7. SIGUSR1 three times, the second from a child: one record, the first");
    Ok(())
}
