//! The whole way: F_SETFL asks the driver, whose `.fasync` puts the file into a queue;
//! edu interrupts; `lab_sigio_isr` calls `kill_fasync` (fs/fcntl.c), and the file's owner,
//! which sleeps, is woken for its handler.

use std::io;

use marker::{check, scene};
use nix::libc::SI_KERNEL;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::getpid;
use sigio::{News, news, open_device, owner, raise_later, set_async};
use steps::{spin_for_ever, start};

use crate::handler;

/// What edu raises when a transfer ends, and so what `raise_later` raises.
const CAUSE_DMA: u32 = 0x100;

/// `wire` is what the module was loaded for.
pub fn run(wire: &str) -> io::Result<()> {
    let device = open_device()?;
    let spinner = start(spin_for_ever)?;
    scene!("{}: sleeps while {} spins; edu interrupts in 100 ms", wire, spinner);
    owner::set(&device, getpid())?;
    set_async(&device, true)?;
    raise_later(&device)?;

    // The kernel decided, and nobody asked it to say more: see 4.
    check!("si_code", handler::wait()?, SI_KERNEL);
    check!("news", news(&device)?, News { interrupts: 1, causes: CAUSE_DMA });
    println!("{wire}: 1 interrupt; handler: SIGIO, SI_KERNEL; read: 1 interrupt");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(())
}
