//! Registrations: who may make and end them, what ends them, and what they hold.

use std::io;
use std::os::fd::OwnedFd;

use bad_input::{Registration, ended, killed_after, nobody_is_held, start, take};
use kill_pid::{
    Counters, NUMBER, REFERENCE, SIGNAL, Target, counters, open_device, raise, register, unregister,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::unistd::dup;

pub fn run() -> io::Result<()> {
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()?;
    the_registrant_is_not_held_for_ever()?;
    an_interrupt_for_nobody()
}

fn registering_twice() -> io::Result<()> {
    mark!("registering twice");
    let (device, other) = (open_device()?, open_device()?);
    register(&device, Target::default())?;
    check!("again", register(&device, Target::default()), Err(Errno::EBUSY));
    check!("by another open", register(&other, Target::default()), Err(Errno::EBUSY));
    let child = start(|| register(&open_device()?, Target::default()))?;
    check!("by another process", ended(child)?, Err(Errno::EBUSY));
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
    mark!("unregistering what is not one's own");
    let (device, other) = (open_device()?, open_device()?);
    check!("nobody's", unregister(&device), Err(Errno::ENOENT));
    register(&device, Target::default())?;
    check!("another open's", unregister(&other), Err(Errno::ENOENT));
    drop(other);
    check!("one's own", unregister(&device), Ok(()));
    check!("a second time", unregister(&device), Err(Errno::ENOENT));
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered() -> io::Result<()> {
    mark!("closing while registered");
    let other = open_device()?;
    for remember in [REFERENCE, NUMBER] {
        let device = open_device()?;
        register(&device, Target { remember, ..Target::default() })?;
        let copy = dup(&device)?;
        drop(device);
        check!("while a copy is open", register(&other, Target::default()), Err(Errno::EBUSY));
        drop(copy);
        raise(&other)?;
        check!("signal for the one that closed", take(SIGNAL)?, None);
        check!("after the last close", register(&other, Target::default()), Ok(()));
        unregister(&other)?;
    }
    Ok(())
}

/// A process that dies closes its files: by exit, and by SIGKILL.
fn dying_while_registered() -> io::Result<()> {
    mark!("dying while registered");
    let device = open_device()?;
    for remember in [REFERENCE, NUMBER] {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, Target { remember, ..Target::default() })?;
            Ok::<OwnedFd, Errno>(own)
        };
        let child = start(|| open_and_register().map(drop))?;
        check!("a child that exits", ended(child)?, Ok(()));
        check!("after it", register(&device, Target::default()), Ok(()));
        unregister(&device)?;

        check!("a child that is killed", killed_after(open_and_register), Ok(()));
        check!("after it", register(&device, Target::default()), Ok(()));
        unregister(&device)?;
    }
    Ok(())
}

fn the_registrant_is_not_held_for_ever() -> io::Result<()> {
    mark!("nobody is held");
    nobody_is_held(Registration {
        open: open_device,
        register: |device| register(device, Target::default()),
        unregister,
    })
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    mark!("an interrupt for nobody");
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
