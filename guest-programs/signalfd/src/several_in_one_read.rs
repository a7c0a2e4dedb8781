//! One read returns as many records as there are and have room. `next_signal`
//! (kernel/signal.c) chooses the lowest signal first, and `collect_signal` the first of
//! it that was sent.

use std::io;

use marker::{check, scene};
use nix::libc::{self, c_int};
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::getpid;

use crate::records::{SIGRTMIN, sigqueue, up_to};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    scene!("5. sends 4; reads up to 3, then up to 8");
    for value in 1..=3 {
        sigqueue(getpid(), SIGRTMIN, value)?;
    }
    kill(getpid(), Signal::SIGUSR1)?;
    let mut records = up_to(3, signals)?;
    check!("records in the first read", records.len(), 3);
    records.append(&mut up_to(8, signals)?);
    let got: Vec<_> = records.iter().map(|r| (r.ssi_signo as c_int, r.ssi_int)).collect();
    check!("records", got, [(libc::SIGUSR1, 0), (SIGRTMIN, 1), (SIGRTMIN, 2), (SIGRTMIN, 3)]);
    println!("5. sent 34, 34, 34, SIGUSR1; one read of 384 bytes, another of 128:");
    println!("   SIGUSR1, 34 (value 1), 34 (value 2); 34 (value 3)");
    Ok(())
}
