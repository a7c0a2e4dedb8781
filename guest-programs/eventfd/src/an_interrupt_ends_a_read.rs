//! This process sleeps in read(2); another one, which makes no system call, is the
//! one that gets interrupted. There `lab_eventfd_isr` calls `eventfd_signal`, which
//! adds 1 to the count and wakes the reader.

use std::io;

use eventfd::{CAUSE_DMA, Counters, Target, counters, open_device, raise_later, register};
use marker::{check, mark, scene};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use steps::{spin_for_ever, start};

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    // Without EFD_NONBLOCK: read(2) waits as long as the count is 0.
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    register(&device, Target::of(&eventfd))?;
    let spinner = start(spin_for_ever)?;
    scene!("1. read: sleeps while {} spins; edu interrupts in 100 ms", spinner);
    raise_later(&device)?;
    check!("count", eventfd.read()?, 1);
    mark!("1. read has returned");
    let want = Counters { interrupts: 1, causes: CAUSE_DMA, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    println!("1. an interrupt ends a read: count 1");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(()) // `device` is closed here, which ends the registration.
}
