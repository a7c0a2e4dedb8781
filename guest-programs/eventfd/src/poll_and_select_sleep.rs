//! An eventfd is a file like others, and `eventfd_poll` (fs/eventfd.c) joins its wait
//! queue for poll and select alike. In both, the wake-up is `pollwake`
//! (fs/select.c), called in the interrupt.

use std::io;
use std::os::fd::AsFd;

use eventfd::{Target, new_eventfd, open_device, raise_later, register};
use marker::{check, mark, scene};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::select::{FdSet, select};

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;

    scene!("5. poll: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, PollTimeout::NONE)?, 1);
    check!("revents", fds[0].revents(), Some(PollFlags::POLLIN));
    check!("count", eventfd.read()?, 1);

    mark!("5. select: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    let mut read = FdSet::new();
    read.insert(eventfd.as_fd());
    check!("select", select(None, &mut read, None, None, None)?, 1);
    check!("the set", read.contains(eventfd.as_fd()), true);
    mark!("5. select has returned");
    check!("count", eventfd.read()?, 1);
    println!("5. poll and select sleep until an interrupt: ready, count 1");
    Ok(())
}
