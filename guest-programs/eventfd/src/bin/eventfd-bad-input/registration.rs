//! Registrations: who may make and end them, what ends them, and what they hold.

use std::io;
use std::os::fd::OwnedFd;

use bad_input::{ended, killed_after, next_eventfd, start};
use eventfd::{
    CONTEXT, Counters, NUMBER, Target, counters, new_eventfd, open_device, raise, register,
    unregister,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::unistd::dup;

pub fn run() -> io::Result<()> {
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()?;
    no_eventfd_is_held()?;
    an_interrupt_for_nobody()
}

/// A file description registers one eventfd. Several may register the same.
fn registering_twice() -> io::Result<()> {
    mark!("registering twice");
    let (device, other, eventfd) = (open_device()?, open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    check!("again", register(&device, Target::of(&eventfd)), Err(Errno::EBUSY));
    let by_number = Target { remember: NUMBER, ..Target::of(&eventfd) };
    check!("again, by number", register(&device, by_number), Err(Errno::EBUSY));
    let copy = dup(&device)?;
    check!("by a copy", register(&copy, Target::of(&eventfd)), Err(Errno::EBUSY));
    check!("by another open", register(&other, Target::of(&eventfd)), Ok(()));
    raise(&device, 1)?;
    check!("count of two registrations", eventfd.read(), Ok(2));
    // Each has its own counters.
    for device in [&device, &other] {
        check!("signals", counters(device)?.signals, 1);
    }
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
    mark!("unregistering what is not one's own");
    let (device, other, eventfd) = (open_device()?, open_device()?, new_eventfd()?);
    check!("nobody's", unregister(&device), Err(Errno::ENOENT));
    for remember in [CONTEXT, NUMBER] {
        register(&device, Target { remember, ..Target::of(&eventfd) })?;
        check!("another open's", unregister(&other), Err(Errno::ENOENT));
        check!("one's own", unregister(&device), Ok(()));
        check!("a second time", unregister(&device), Err(Errno::ENOENT));
        raise(&device, 1)?;
        check!("count afterwards", eventfd.read(), Err(Errno::EAGAIN));
    }
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered() -> io::Result<()> {
    mark!("closing while registered");
    let (other, eventfd) = (open_device()?, new_eventfd()?);
    for remember in [CONTEXT, NUMBER] {
        let device = open_device()?;
        register(&device, Target { remember, ..Target::of(&eventfd) })?;
        let copy = dup(&device)?;
        drop(device);
        raise(&other, 1)?;
        check!("while a copy is open", eventfd.read(), Ok(1));
        drop(copy);
        raise(&other, 1)?;
        check!("after the last close", eventfd.read(), Err(Errno::EAGAIN));
    }

    // The eventfd first, both with and without a device that is used again.
    for remember in [CONTEXT, NUMBER] {
        let (device, eventfd) = (open_device()?, new_eventfd()?);
        register(&device, Target { remember, ..Target::of(&eventfd) })?;
        drop(eventfd);
        raise(&device, 1)?;
        let result = if remember == NUMBER { -(Errno::EBADF as i32) } else { 0 };
        check!("result", counters(&device)?.result, result);
        check!("its end", unregister(&device), Ok(()));
    }
    Ok(())
}

/// A process that dies closes its files: by exit, and by SIGKILL.
fn dying_while_registered() -> io::Result<()> {
    mark!("dying while registered");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    for remember in [CONTEXT, NUMBER] {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, Target { remember, ..Target::of(&eventfd) })?;
            Ok::<OwnedFd, Errno>(own)
        };
        let child = start(|| open_and_register().map(drop))?;
        check!("a child that exits", ended(child)?, Ok(()));
        raise(&device, 1)?;
        check!("count after it", eventfd.read(), Err(Errno::EAGAIN));

        check!("a child that is killed", killed_after(open_and_register), Ok(()));
        raise(&device, 1)?;
        check!("count after it", eventfd.read(), Err(Errno::EAGAIN));
    }
    Ok(())
}

/// A registration that was refused, or is over, or whose file is closed, holds none.
fn no_eventfd_is_held() -> io::Result<()> {
    mark!("no eventfd is held");
    let before = next_eventfd()?;
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    drop(eventfd);
    check!("while it is registered", next_eventfd()?, before + 1);
    check!("a second one", register(&device, Target::of(&new_eventfd()?)), Err(Errno::EBUSY));
    check!("after it was refused", next_eventfd()?, before + 1);
    unregister(&device)?;
    check!("after the end of the first", next_eventfd()?, before);
    register(&device, Target::of(&new_eventfd()?))?;
    drop(device);
    check!("after the last close", next_eventfd()?, before);

    // A number holds nothing.
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target { remember: NUMBER, ..Target::of(&eventfd) })?;
    drop(eventfd);
    check!("while its number is registered", next_eventfd()?, before);
    Ok(())
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    mark!("an interrupt for nobody");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    check!("counters before", counters(&device)?, Counters::default());
    raise(&device, 1)?;
    check!("counters without registration", counters(&device)?, Counters::default());
    register(&device, Target::of(&eventfd))?;
    raise(&device, 1)?;
    unregister(&device)?;
    raise(&device, 1)?;
    let want = Counters { interrupts: 1, causes: 1, signals: 1, result: 0 };
    check!("counters after the end", counters(&device)?, want);
    // Registering sets them to 0.
    register(&device, Target::of(&eventfd))?;
    check!("counters of a new one", counters(&device)?, Counters::default());
    Ok(())
}
