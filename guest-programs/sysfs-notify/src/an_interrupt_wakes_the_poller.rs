//! The whole way: the program sleeps in poll, edu interrupts, and `lab_sysfs_notify_isr`
//! calls `kernfs_notify` (fs/kernfs/file.c), which wakes the program there and then. What
//! the value is, the program asks afterwards.

use std::io;

use marker::{check, mark, scene};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use steps::{spin_for_ever, start};
use sysfs_notify::attribute::{NEWS, open_and_read, value, wait};
use sysfs_notify::raise_later;

/// `wire` is what the module was loaded for.
pub fn run(wire: &str) -> io::Result<()> {
    let spinner = start(spin_for_ever)?;
    scene!("{}: reads, and polls while {} spins; edu interrupts in 100 ms", wire, spinner);
    let file = open_and_read()?;
    raise_later()?;
    check!("poll", wait(&file)?, NEWS);
    mark!("{}: is awake, and reads", wire);
    check!("value", value(&file)?, "1");
    println!("{wire}: 1 interrupt; poll: POLLPRI, POLLERR; read from 0: 1");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(())
}
