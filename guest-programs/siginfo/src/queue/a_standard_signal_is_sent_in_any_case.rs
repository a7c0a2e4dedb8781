//! A standard signal is sent even if the queue is full. With si_code >= 0 it exceeds
//! the limit (`override_rlimit` in `__send_signal_locked`, kernel/signal.c); with
//! SI_QUEUE, which is negative, it is sent without its siginfo.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::{SI_KERNEL, SI_USER, SIGUSR1};
use siginfo::{KERNEL, QUEUE, SIGNAL, Target, VALUE};

use super::send;
use crate::info::{Info, take};

/// The queue has room for one signal.
pub fn run(device: &OwnedFd) -> io::Result<()> {
    check!("the first", send(device, Target::default())?, 0);
    scene!("10. the queue is full: a standard signal");
    let lost = Info { code: SI_USER, pid: 0, uid: 0, int: 0 };
    for (send_as, want) in [(QUEUE, lost), (KERNEL, Info { code: SI_KERNEL, int: VALUE, ..lost })] {
        let target = Target { signal: SIGUSR1 as u32, ..Target::sent_by(send_as) };
        check!("send_sig_info", send(device, target)?, 0);
        check!("SIGUSR1", take(SIGUSR1)?, Some(want));
    }
    println!("10. full queue, SIGUSR1: send_sig_info returns 0");
    println!("    SI_QUEUE: arrives as SI_USER, 0; SI_KERNEL: arrives with {VALUE}");

    check!("the first", take(SIGNAL)?.map(|info| info.int), Some(VALUE));
    Ok(())
}
