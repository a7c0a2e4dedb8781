//! Interrupts for nobody, and too many at once.

use std::io;

use bad_input::take;
use marker::check;
use nix::errno::Errno;
use nix::sched::sched_yield;
use siginfo::{
    Counters, SIGNAL, Target, VALUE, counters, open_device, raise, raise_later, register,
    unregister,
};

pub fn run() -> io::Result<()> {
    an_interrupt_for_nobody()?;
    interrupting_twice_at_once()
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    let device = open_device()?;
    // Registering sets the counters to 0.
    register(&device, Target::default())?;
    unregister(&device)?;
    raise(&device)?;
    let want = Counters { interrupts: 1, causes: 1, signals: 0, result: 0 };
    check!("counters", counters(&device)?, want);
    check!("signal", take(SIGNAL)?, None);
    Ok(())
}

fn interrupting_twice_at_once() -> io::Result<()> {
    let device = open_device()?;
    register(&device, Target::default())?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    while counters(&device)?.interrupts == 0 {
        sched_yield()?;
    }
    let want = Counters { interrupts: 1, causes: 0x100, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    check!("signal", take(SIGNAL)?, Some(VALUE));
    Ok(())
}
