//! Targets that are gone, and what is held of them.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};

use bad_input::{ended, in_a_pid_namespace, next_eventfd, pid_namespaces, start};
use marker::{check, mark};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use transports::{Choice, Counters, EVENTFD, QUEUE, SIGNAL, open_device};

use crate::calls::{choose_by, counted, raise_count};

/// The module holds the eventfd's context: closing it here takes nothing away,
/// and another file with its number gets nothing.
pub fn an_eventfd_that_is_closed() -> io::Result<()> {
    mark!("an eventfd that is closed");
    let device = open_device()?;
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let eventfd = EventFd::from_flags(flags)?;
    let number = eventfd.as_fd().as_raw_fd();
    let choice = Choice { transport: EVENTFD, eventfd: number, ..Choice::default() };
    choose_by(&device, choice)?;
    drop(eventfd);
    let other = EventFd::from_flags(flags)?;
    check!("the same number", other.as_fd().as_raw_fd(), number);
    check!("raise", raise_count(&device, 10), Ok(()));
    check!("the other one", other.read(), Err(Errno::EAGAIN));
    check!("accepted", counted(&device)?.accepted, 10);
    Ok(())
}

pub fn a_process_that_is_gone() -> io::Result<()> {
    mark!("a process that is gone");
    let device = open_device()?;
    let choice = Choice { transport: SIGNAL, signal: 44, ..Choice::default() };
    let child = start(|| choose_by(&device, choice))?;
    check!("child", ended(child)?, Ok(()));
    check!("raise", raise_count(&device, 3), Ok(()));
    let esrch = -(Errno::ESRCH as i32);
    let want = Counters { interrupts: 3, accepted: 0, refused: 3, error: esrch };
    check!("counters", counted(&device)?, want);
    Ok(())
}

/// A choice holds its process until the next choice or the last close.
pub fn nothing_is_held() -> io::Result<()> {
    mark!("nothing is held");
    let queue = Choice { transport: QUEUE, ..Choice::default() };
    let signal = Choice { transport: SIGNAL, signal: 44, ..Choice::default() };
    let (processes, eventfds) = (pid_namespaces()?, next_eventfd()?);
    let device = open_device()?;
    check!("it chooses", in_a_pid_namespace(|| choose_by(&device, signal))?, Ok(()));
    check!("namespaces", pid_namespaces()?, processes + 1);
    choose_by(&device, queue)?;
    check!("namespaces after another choice", pid_namespaces()?, processes);

    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    let number = eventfd.as_fd().as_raw_fd();
    let by_eventfd = Choice { transport: EVENTFD, eventfd: number, ..Choice::default() };
    choose_by(&device, by_eventfd)?;
    drop(eventfd);
    check!("eventfds", next_eventfd()?, eventfds + 1);
    choose_by(&device, queue)?;
    check!("eventfds after another choice", next_eventfd()?, eventfds);

    // Refused, since the device is another's.
    let refused = || choose_by(&open_device()?, signal);
    check!("it is refused", in_a_pid_namespace(refused)?, Err(Errno::EBUSY));
    check!("namespaces after that", pid_namespaces()?, processes);
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    check!("the same number", eventfd.as_fd().as_raw_fd(), number);
    let refused = choose_by(&open_device()?, by_eventfd);
    check!("an eventfd is refused", refused, Err(Errno::EBUSY));
    drop(eventfd);
    check!("eventfds after that", next_eventfd()?, eventfds);
    Ok(())
}
