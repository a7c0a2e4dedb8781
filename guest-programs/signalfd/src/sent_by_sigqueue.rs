//! sigqueue(3): a value comes along, and `signalfd_copyinfo` (fs/signalfd.c) copies it
//! as a number and as a pointer.

use std::io;

use marker::{check, scene};
use nix::libc;
use nix::sys::signalfd::SignalFd;
use nix::unistd::getppid;
use steps::{ended_well, start_when_forked};

use crate::records::{SIGRTMIN, check_record, one, sigqueue};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("3. a child sends a value");
    let child = start_when_forked(|| sigqueue(getppid(), SIGRTMIN, 1234))?;
    ended_well(child)?;
    let record = one(signals)?;
    check_record(&record, SIGRTMIN, libc::SI_QUEUE, child);
    check!("ssi_int", record.ssi_int, 1234);
    check!("ssi_ptr", record.ssi_ptr, 1234);
    println!("3. sigqueue: signal 34, SI_QUEUE, ssi_pid the child's, ssi_int 1234");
    Ok(())
}
