//! The count is a number of 64 bits, not a flag: what is not read yet is added up,
//! and one read(2) takes all of it and sets the count to 0 (`eventfd_ctx_do_read`,
//! fs/eventfd.c).

use std::{fs, io};

use eventfd::{CAUSE_1, Target, counters, new_eventfd, open_device, raise, register};
use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::prctl::{get_name, set_name};

use crate::look;

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    // The lesson does not trace the interrupts of a process of this name: there
    // would be a thousand. The kernel counts them anyhow, in /proc/interrupts.
    let name = get_name()?;
    scene!("2. 1000 interrupts, not traced, while nobody reads");
    let before = interrupts()?;
    set_name(c"burst")?;
    for _ in 0..1000 {
        raise(&device, CAUSE_1)?;
    }
    set_name(&name)?;
    check!("interrupts", interrupts()? - before, 1000);
    check!("calls of eventfd_signal", counters(&device)?.signals, 1000);
    check!("eventfd-count in fdinfo", look::by_fdinfo(&eventfd)?, 1000);
    check!("count", eventfd.read()?, 1000);
    check!("count again", eventfd.read(), Err(Errno::EAGAIN));
    println!("2. 1000 interrupts, by /proc/interrupts: count 1000, in one read");
    println!("   that set it to 0: the next read fails: EAGAIN");
    Ok(())
}

/// How often the module's handler has run, as the kernel counts it. Its line is
/// "IRQ: count ... name", with one count for the one processor.
fn interrupts() -> io::Result<u64> {
    let table = fs::read_to_string("/proc/interrupts")?;
    table
        .lines()
        .find(|line| line.ends_with("lab_eventfd"))
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}
