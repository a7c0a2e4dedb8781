//! The file holds the owner's `struct pid`, not its number: once the owner is reaped,
//! `send_sigio` (fs/fcntl.c) finds no task there, and nobody is told.

use std::io;

use marker::{check, scene};
use nix::unistd::{Pid, getpid};
use sigio::{CAUSE, News, news, open_device, owner, raise, set_async};
use steps::{ended_well, start};

pub fn run() -> io::Result<()> {
    scene!("9. the owner exits and is reaped: nothing is sent");
    let device = open_device()?;
    set_async(&device, true)?;
    // It names itself, in the file that it has from this process.
    let child = start(|| owner::set(&device, getpid()))?;
    ended_well(child)?;
    raise(&device, CAUSE)?;
    check!("F_GETOWN", owner::get(&device)?, Pid::from_raw(0));
    check!("news", news(&device)?, News { interrupts: 1, causes: CAUSE });
    println!("9. the owner is gone: no signal, no error; F_GETOWN says 0");
    Ok(())
}
