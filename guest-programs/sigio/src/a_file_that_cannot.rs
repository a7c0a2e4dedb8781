//! An eventfd has no `.fasync`. `setfl` (fs/fcntl.c) then has nobody to ask, and returns
//! 0. Only F_GETFL says that nothing has come of it: setting the flag is the driver's
//! task.

use std::io;

use marker::{check, scene};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::getpid;
use sigio::{is_async, owner, set_async};

use crate::info::take;

pub fn run() -> io::Result<()> {
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    scene!("13. an eventfd: F_SETFL O_ASYNC succeeds, and nothing is sent");
    owner::set(&eventfd, getpid())?;
    set_async(&eventfd, true)?;
    check!("O_ASYNC", is_async(&eventfd)?, false);
    eventfd.write(1)?;
    check!("signal", take()?, None);
    println!("13. an eventfd: F_SETFL O_ASYNC succeeds, F_GETFL does not have it");
    Ok(())
}
