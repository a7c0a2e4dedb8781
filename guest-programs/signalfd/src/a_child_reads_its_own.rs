//! A signalfd holds a mask and no signals. `signalfd_dequeue` (fs/signalfd.c) takes
//! those of the process that reads: a child gets its own, and not its parent's.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{getpid, read};
use steps::{ended_well, start_when_forked};

use crate::records::{RECORD, check_record, one};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("9. SIGUSR1 is pending here; a child reads");
    kill(getpid(), Signal::SIGUSR1)?;
    let child = start_when_forked(|| {
        let nothing = read(signals, &mut [0; RECORD]);
        check!("the parent's signal, read by the child", nothing, Err(Errno::EAGAIN));
        kill(getpid(), Signal::SIGUSR1)?;
        check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
        Ok(())
    })?;
    ended_well(child)?;
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("9. through one descriptor a child reads its own SIGUSR1, and I mine");
    Ok(())
}
