//! The deliberate failure: `signalfd_dequeue` (fs/signalfd.c) finds no signal. Without
//! SFD_NONBLOCK it would sleep until one comes.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signalfd::SignalFd;
use nix::unistd::read;

use crate::records::RECORD;

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("15. nothing is pending");
    let error = read(signals, &mut [0; RECORD]).expect_err("nothing is pending");
    check!("read with nothing pending", error, Errno::EAGAIN);
    println!("15. SFD_NONBLOCK, nothing pending: read fails: {error}");
    Ok(())
}
