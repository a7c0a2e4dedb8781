//! A real-time signal is queued, one entry for each interrupt. A standard signal
//! that is pending already is not sent again (`legacy_queue`, kernel/signal.c), and
//! the number that it would have brought is lost.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::SIGUSR1;
use siginfo::{SIGNAL, Target};

use super::send;
use crate::info::take;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    for (which, signal, want) in
        [("signal 44", SIGNAL, vec![1, 2, 3]), ("SIGUSR1", SIGUSR1, vec![1])]
    {
        scene!("6. three interrupts, {}", which);
        for value in 1..=3 {
            let target = Target { signal: signal as u32, value, ..Target::default() };
            check!("send_sig_info", send(device, target)?, 0);
        }
        let mut values = Vec::new();
        while let Some(info) = take(signal)? {
            values.push(info.int);
        }
        check!("values", &values, &want);
        println!("6. {which:<9} interrupts with 1, 2, 3: arrives {values:?}");
    }
    Ok(())
}
