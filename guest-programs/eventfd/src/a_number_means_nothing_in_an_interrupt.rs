//! The module remembers the number of the descriptor, and `eventfd_ctx_fdget`
//! (fs/eventfd.c) looks it up when the interrupt comes: among the files of the task
//! that is interrupted. The idle task has no file open.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use eventfd::{
    CAUSE_DMA, Counters, NUMBER, Target, counters, new_eventfd, open_device, raise_later, register,
};
use marker::{check, scene};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    let number = eventfd.as_raw_fd();

    scene!("11. the number {}, falls on the idle task", number);
    register(&device, Target { remember: NUMBER, ..Target::of(&eventfd) })?;
    raise_later(&device)?;
    // With one processor, the interrupt comes while this process is asleep.
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, 200_u16)?, 0);
    let result = -(Errno::EBADF as i32);
    let want = Counters { interrupts: 1, causes: CAUSE_DMA, signals: 0, result };
    check!("counters", counters(&device)?, want);
    println!("11. number {number}, the idle task is interrupted: -EBADF, no count");
    Ok(())
}
