//! The module takes the `struct pid` of the process that registers, by
//! `task_pid(current)`. It does not ask for a number, and so cannot mistake a
//! process that is 1 in its pid namespace for the other process 1.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, getpid};
use siginfo::{SIGNAL, Target, VALUE, register, unregister};
use steps::{ended_well, start};

use crate::info::take;
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let child = start(|| {
        unshare(CloneFlags::CLONE_NEWPID)?; // for the children of the caller
        scene!("11. a process with pid 1 in its namespace");
        ended_well(start(|| {
            check!("pid", getpid(), Pid::from_raw(1));
            register(device, Target::default())?;
            interrupt::now(device)?;
            check!("si_int", take(SIGNAL)?.map(|info| info.int), Some(VALUE));
            unregister(device)
        })?)
    })?;
    ended_well(child)?;
    println!("11. pid 1 of another pid namespace registers: it gets {VALUE}");
    Ok(())
}
