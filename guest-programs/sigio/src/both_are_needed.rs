//! O_ASYNC puts the file into the driver's queue, F_SETOWN says whom to signal. Without
//! an owner `send_sigio` (fs/fcntl.c) does nothing; without O_ASYNC `kill_fasync` finds
//! nothing in the queue. Neither is an error.

use std::io;

use marker::{check, mark, scene};
use nix::unistd::{Pid, getpid};
use sigio::{CAUSE, News, news, open_device, owner, raise, set_async};

use crate::info::take;

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    scene!("3. O_ASYNC without an owner: nothing is sent");
    set_async(&device, true)?;
    check!("F_GETOWN", owner::get(&device)?, Pid::from_raw(0));
    raise(&device, CAUSE)?;
    check!("signal", take()?, None);
    check!("news", news(&device)?, News { interrupts: 1, causes: CAUSE });

    let device = open_device()?;
    mark!("3. an owner without O_ASYNC: nothing is sent");
    owner::set(&device, getpid())?;
    raise(&device, CAUSE)?;
    check!("signal", take()?, None);
    check!("news", news(&device)?, News { interrupts: 1, causes: CAUSE });
    println!("3. O_ASYNC alone, F_SETOWN alone: no signal; read has the news");
    Ok(())
}
