//! kill(2): `signalfd_copyinfo` (fs/signalfd.c) copies who sent it. There is nothing
//! else to tell.

use std::io;

use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::getpid;

use crate::records::{check_record, one};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("2. kill: read, and never delivered");
    kill(getpid(), Signal::SIGUSR1)?;
    let record = one(signals)?;
    check_record(&record, libc::SIGUSR1, libc::SI_USER, getpid());
    check!("ssi_uid", record.ssi_uid, 0);
    check!("ssi_int", record.ssi_int, 0);
    println!("2. kill: SIGUSR1, SI_USER, ssi_pid my own, ssi_uid 0");
    Ok(())
}
