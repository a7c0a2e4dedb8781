//! si_fd is the number that F_SETFL was called with: `fasync_insert_entry` (fs/fcntl.c)
//! wrote it down. It stays so while the file is open at all, whatever that number is by
//! now.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{dup, getpid};
use sigio::{CAUSE, News, SIGNAL, news, open_device, owner, raise, set_async};

use crate::info::take;

pub fn run() -> io::Result<()> {
    scene!("5. copied, closed, and the number is /dev/null's: sent all the same");
    let device = open_device()?;
    let number = device.as_raw_fd();
    owner::set(&device, getpid())?;
    owner::set_signal(&device, SIGNAL)?;
    set_async(&device, true)?;

    let copy = dup(&device)?;
    drop(device);
    let null = open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    check!("descriptor of /dev/null", null.as_raw_fd(), number);
    raise(&copy, CAUSE)?;
    check!("si_fd", take()?.map(|info| info.fd), Some(number));
    check!("news", news(&copy)?, News { interrupts: 1, causes: CAUSE });
    println!("5. registered, copied, closed: si_fd is the old number, now /dev/null's");
    Ok(())
}
