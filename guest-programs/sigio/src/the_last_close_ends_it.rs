//! The queue holds the open file, not a descriptor: it stays there while any copy is
//! open. At the last close `__fput` (fs/file_table.c) calls `.fasync` itself, before
//! `.release`.

use std::io;

use marker::{check, mark, scene};
use nix::unistd::{dup, getpid};
use sigio::{CAUSE, News, news, open_device, owner, raise, set_async};

use crate::info::{PLAIN, take};

pub fn run() -> io::Result<()> {
    scene!("11. one of two descriptors is closed: sent all the same");
    let (device, other) = (open_device()?, open_device()?);
    owner::set(&device, getpid())?;
    set_async(&device, true)?;
    let copy = dup(&device)?;
    drop(device);
    raise(&other, CAUSE)?;
    check!("signal", take()?, Some(PLAIN));

    mark!("11. the last one is closed: .fasync off, nothing is sent");
    drop(copy);
    raise(&other, CAUSE)?;
    check!("signal", take()?, None);
    check!("news", news(&other)?, News { interrupts: 2, causes: CAUSE });
    println!("11. one of two descriptors closed: SIGIO; the last one: no signal");
    Ok(())
}
