//! `signalfd_read_iter` (fs/signalfd.c) copies whole records only. Without room for one
//! it fails, and the signals stay where they are.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{getpid, read};

use crate::records::{RECORD, SIGRTMIN, one, sigqueue};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("6. sends 2; room for 127 bytes, then for 255");
    kill(getpid(), Signal::SIGUSR1)?;
    sigqueue(getpid(), SIGRTMIN, 4)?;
    let error = read(signals, &mut [0; RECORD - 1]).expect_err("no record has 127 bytes");
    check!("read of 127 bytes", error, Errno::EINVAL);
    check!("read of 255 bytes", read(signals, &mut [0; 2 * RECORD - 1])?, RECORD);
    check!("value of the other", one(signals)?.ssi_int, 4);
    println!("6. a buffer of 127 bytes: read fails: {error}");
    println!("   a buffer of 255 bytes: 128 are read; the other signal waits");
    Ok(())
}
