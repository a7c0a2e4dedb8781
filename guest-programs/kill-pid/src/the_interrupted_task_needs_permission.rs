//! With priv=0 it is also the current task that must be allowed to send the signal:
//! `check_kill_permission` (kernel/signal.c) asks for the rights of a process that
//! happened to be interrupted. With priv=1 the kernel is the sender and needs none.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{Target, register};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;

use crate::interrupt::{busy_process, falls_on};

/// A user whose processes may not signal a process of root.
const STUDENT: u32 = 1000;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    register(device, Target { privileged: 0, ..Target::default() })?;
    let student = busy_process(device, STUDENT)?;
    scene!("5. priv=0, falls on {} of user {}: nothing is sent", student, STUDENT);
    check!("user, priv=0", falls_on(Some(student), device)?, Err(Errno::EPERM));
    println!("5. priv=0, a process of user {STUDENT}: kill_pid returns -EPERM");

    register(device, Target { privileged: 1, ..Target::default() })?;
    let student = busy_process(device, STUDENT)?;
    mark!("6. priv=1, falls on {} of user {}", student, STUDENT);
    check!("user, priv=1", falls_on(Some(student), device)?, Ok((libc::SI_KERNEL, 0)));
    println!("6. priv=1, a process of user {STUDENT}: SI_KERNEL, si_pid 0");
    Ok(())
}
