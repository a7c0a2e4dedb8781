//! `kill_pid` brings no siginfo of its own, so `__send_signal_locked`
//! (kernel/signal.c) sends the signal without an entry and reports no error. What
//! arrives is not even a kernel's signal any more: `collect_signal` makes up SI_USER.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::{SI_QUEUE, SI_USER};
use siginfo::{KILL_PID, SIGNAL, Target, VALUE};

use super::send;
use crate::info::{Info, take};

/// The queue is full: it holds one signal, with VALUE.
pub fn run(device: &OwnedFd) -> io::Result<()> {
    scene!("9. the queue is full: kill_pid");
    check!("kill_pid", send(device, Target::sent_by(KILL_PID))?, 0);
    // Private signals come first: the one that has found room.
    check!("the first", take(SIGNAL)?.map(|info| (info.code, info.int)), Some((SI_QUEUE, VALUE)));
    let lost = Info { code: SI_USER, pid: 0, uid: 0, int: 0 };
    check!("kill_pid's", take(SIGNAL)?, Some(lost));
    check!("no more", take(SIGNAL)?, None);
    println!("9. full queue: kill_pid returns 0; arrives as SI_USER, si_pid 0");
    Ok(())
}
