//! The module holds the `struct pid` of a process that has exited. As long as the
//! process is a zombie, there is a task to signal, to no effect; once it is reaped,
//! `kill_pid` finds no task behind the `struct pid`.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{Target, register, unregister};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use steps::{ended_well, start};

use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    // It registers through this process's open file, which its exit does not close.
    let child = start(|| register(device, Target::default()))?;
    // WNOWAIT waits for the exit and leaves the zombie in place.
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    scene!("7. {} registered and is a zombie: its signal is dropped", child);
    check!("result for a zombie", interrupt::now(device)?, 0);

    mark!("8. {} is reaped: nobody to signal", child);
    ended_well(child)?;
    check!("result for nobody", interrupt::now(device)?, -(Errno::ESRCH as i32));
    println!("7. the target is a zombie: kill_pid returns 0, to no effect");
    println!("8. the target is reaped: kill_pid returns -ESRCH");
    unregister(device)?;
    Ok(())
}
