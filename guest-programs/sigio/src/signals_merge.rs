//! SIGIO is a standard signal: pending already, it is not sent again (`legacy_queue`,
//! kernel/signal.c). A real-time signal is queued, one for each interrupt. What the
//! driver counted is lost in neither case.

use std::io;

use marker::{check, scene};
use nix::libc::SIGIO;
use nix::unistd::getpid;
use sigio::{CAUSE, News, SIGNAL, news, open_device, owner, raise, set_async};

use crate::info::take;

pub fn run() -> io::Result<()> {
    for (which, signal, want) in [("SIGIO", SIGIO, 1), ("signal 44", SIGNAL, 3)] {
        scene!("6. three interrupts, {}", which);
        let device = open_device()?;
        owner::set(&device, getpid())?;
        owner::set_signal(&device, signal)?;
        set_async(&device, true)?;
        for _ in 0..3 {
            raise(&device, CAUSE)?;
        }
        let mut signals = 0;
        while take()?.is_some() {
            signals += 1;
        }
        check!("signals", signals, want);
        check!("news", news(&device)?, News { interrupts: 3, causes: CAUSE });
        println!("6. 3 interrupts, {which}: {want} pending; read: 3 interrupts");
    }
    Ok(())
}
