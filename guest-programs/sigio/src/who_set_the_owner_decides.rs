//! `__f_setown` (fs/fcntl.c) writes down the user who calls, and asks for no permission.
//! `sigio_perm` asks later, when the signal is to be sent, and asks of that user: not of
//! the task that the interrupt falls on, as kill_pid does with priv = 0.

use std::io;

use marker::{check, mark, scene};
use nix::sys::prctl;
use nix::unistd::{getpid, setuid};
use sigio::{CAUSE, News, news, open_device, owner, raise, set_async};
use steps::{ended_well, start};

use crate::info::{PLAIN, take};

/// A user whose processes may not signal a process of root.
const STUDENT: u32 = 1000;

pub fn run() -> io::Result<()> {
    scene!("8. user 1000 calls F_SETOWN for a process of root: not refused");
    let (device, me) = (open_device()?, getpid());
    set_async(&device, true)?;
    let student = start(|| {
        prctl::set_name(c"student")?; // by which the lesson traces its fcntl
        setuid(STUDENT.into())?;
        owner::set(&device, me)
    })?;
    ended_well(student)?;
    check!("owner", owner::get(&device)?, me);
    check!("set by", owner::set_by(&device)?, (STUDENT, STUDENT));
    mark!("8. an interrupt, in root's own ioctl: nothing is sent");
    raise(&device, CAUSE)?;
    check!("signal", take()?, None);
    println!("8. owner set by user 1000: F_SETOWN succeeds, no signal ever comes");

    mark!("8. root calls F_SETOWN, and becomes user 1000: sent");
    let student = start(|| {
        owner::set(&device, me)?;
        setuid(STUDENT.into())?;
        raise(&device, CAUSE)
    })?;
    ended_well(student)?;
    check!("signal", take()?, Some(PLAIN));
    check!("set by", owner::set_by(&device)?, (0, 0));
    check!("news", news(&device)?, News { interrupts: 2, causes: CAUSE });
    println!("   owner set by root: sent, though the interrupt falls on user 1000");
    Ok(())
}
