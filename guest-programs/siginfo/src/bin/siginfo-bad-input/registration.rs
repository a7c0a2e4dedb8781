//! Registrations: who may make and end them, and what ends them.

use std::io;
use std::os::fd::OwnedFd;

use bad_input::{ended, killed_after, start, take};
use marker::check;
use nix::errno::Errno;
use nix::unistd::dup;
use siginfo::{SIGNAL, Target, open_device, raise, register, unregister};

use crate::SENDS;

pub fn run() -> io::Result<()> {
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()
}

fn registering_twice() -> io::Result<()> {
    let (device, other) = (open_device()?, open_device()?);
    register(&device, Target::default())?;
    check!("again", register(&device, Target::default()), Err(Errno::EBUSY));
    check!("by another open", register(&other, Target::default()), Err(Errno::EBUSY));
    let child = start(|| register(&open_device()?, Target::default()))?;
    check!("by another process", ended(child)?, Err(Errno::EBUSY));
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
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
    let other = open_device()?;
    for send in SENDS {
        let device = open_device()?;
        register(&device, Target::sent_by(send))?;
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
    let device = open_device()?;
    for send in SENDS {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, Target::sent_by(send))?;
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
