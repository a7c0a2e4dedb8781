//! A process that would add too much waits for a read, or gets EAGAIN. An interrupt
//! handler cannot wait: `eventfd_signal` may take the count one further, which
//! `eventfd_poll` (fs/eventfd.c) reports as POLLERR, and then adds no more.

use std::io;
use std::os::fd::AsFd;

use eventfd::{CAUSE_1, Target, counters, new_eventfd, open_device, raise, register};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::look;

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;

    // As much as a process may add. One more would have to wait for a read.
    check!("bytes", eventfd.write(u64::MAX - 1)?, 8);
    check!("one more", eventfd.write(1), Err(Errno::EAGAIN));
    check!("2^64 - 1 at once", eventfd.write(u64::MAX), Err(Errno::EINVAL));
    check!("poll", look::by_poll(&eventfd)?, PollFlags::POLLIN);
    println!("4. a count of 2^64 - 2: POLLIN alone; write(1) fails: EAGAIN");

    scene!("4. the count is 2^64 - 2: 2 interrupts");
    raise(&device, CAUSE_1)?;
    let full = look::by_poll(&eventfd)?;
    let names: Vec<&str> = full.iter_names().map(|(name, _)| name).collect();
    mark!("4. full: poll says {}", names.join(", "));
    check!("poll", full, PollFlags::POLLIN | PollFlags::POLLERR);
    println!("   interrupt: 2^64 - 1: POLLIN and POLLERR: full");
    raise(&device, CAUSE_1)?;
    check!("calls of eventfd_signal", counters(&device)?.signals, 2);
    println!("   interrupt: lost, and eventfd_signal() does not say so");

    // select(2) has no name for POLLERR but "readable" and "writable".
    let (mut read, mut write) = (FdSet::new(), FdSet::new());
    read.insert(eventfd.as_fd());
    write.insert(eventfd.as_fd());
    let ready = select(None, &mut read, &mut write, None, &mut TimeVal::zero())?;
    check!("select", ready, 2);
    check!("a write", eventfd.write(1), Err(Errno::EAGAIN));
    println!("   select says writable, and write(1) still fails: EAGAIN");

    check!("count", eventfd.read()?, u64::MAX);
    check!("poll", look::by_poll(&eventfd)?, PollFlags::POLLOUT);
    println!("   read: 2^64 - 1, then POLLOUT alone");
    Ok(())
}
