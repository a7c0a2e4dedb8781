//! The module wrote si_uid 0. `send_signal_locked` (kernel/signal.c) takes that for
//! a user of the user namespace in which the *current* task lives, and translates it
//! for the receiver.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::SI_QUEUE;
use nix::sched::{CloneFlags, unshare};
use siginfo::{SIGNAL, Target, VALUE, register, unregister};
use steps::{ended_well, start};

use crate::info::{Info, take};
use crate::interrupt;

/// What the kernel says of a user that a namespace has no number for:
/// /proc/sys/kernel/overflowuid.
const NOBODY: u32 = 65534;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    register(device, Target::default())?;
    scene!("12. falls on a child in a user namespace of its own");
    let child = start(|| {
        unshare(CloneFlags::CLONE_NEWUSER)?; // in which no user is known
        interrupt::now(device).map(drop)
    })?;
    ended_well(child)?;
    let want = Info { code: SI_QUEUE, pid: 0, uid: NOBODY, int: VALUE };
    check!("siginfo", take(SIGNAL)?, Some(want));
    unregister(device)?;
    println!("12. interrupt falls on another user namespace: si_uid {NOBODY}, not 0");
    Ok(())
}
