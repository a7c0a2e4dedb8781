//! open(2) with O_ASYNC sets the flag and does not ask the driver. F_SETFL asks it only if
//! the flag changes (`setfl`, fs/fcntl.c), and it is set already. Nor can it be cleared:
//! `fasync_remove_entry` does that, for a file that it finds in the queue.

use std::io;

use marker::{check, mark, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::getpid;
use sigio::{CAUSE, DEVICE, is_async, news, owner, raise, set_async};

use crate::info::take;

pub fn run() -> io::Result<()> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_ASYNC | OFlag::O_CLOEXEC;
    scene!("10. open with O_ASYNC, then F_SETFL O_ASYNC: nothing is sent");
    let device = open(DEVICE, flags, Mode::empty())?;
    owner::set(&device, getpid())?;
    set_async(&device, true)?;
    check!("O_ASYNC", is_async(&device)?, true);
    raise(&device, CAUSE)?;
    check!("signal", take()?, None);
    println!("10. opened with O_ASYNC: F_GETFL says O_ASYNC, but there is no signal");

    mark!("10. F_SETFL without O_ASYNC, then with it: nothing is sent");
    set_async(&device, false)?;
    check!("O_ASYNC after it was cleared", is_async(&device)?, true);
    set_async(&device, true)?;
    raise(&device, CAUSE)?;
    check!("signal", take()?, None);
    check!("interrupts", news(&device)?.interrupts, 2);
    println!("    F_SETFL cannot clear it, and so cannot set it either");
    Ok(())
}
