//! The module remembers the number of the descriptor, and `eventfd_ctx_fdget`
//! (fs/eventfd.c) looks it up when the interrupt comes: among the files of the task
//! that is interrupted, which may have none, or something else under that number.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use eventfd::{
    CAUSE_DMA, CONTEXT, Counters, NUMBER, Target, counters, new_eventfd, open_device, raise_later,
    register, unregister,
};
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::unistd::dup2_raw;
use steps::{ended_well, start};

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
    unregister(&device)?;

    for (remember, how, mine, theirs) in [
        (NUMBER, "number", Err(Errno::EAGAIN), Ok(1)),
        (CONTEXT, "context", Ok(1), Err(Errno::EAGAIN)),
    ] {
        register(&device, Target { remember, ..Target::of(&eventfd) })?;
        // It has something else under the same number, and is interrupted.
        let other = start(|| {
            let own = new_eventfd()?;
            // SAFETY: this child does not use `eventfd` any more.
            std::mem::forget(unsafe { dup2_raw(&own, number) }?);
            mark!("11. by {}: edu interrupts in 100 ms", how);
            raise_later(&device)?;
            while counters(&device)?.interrupts == 0 {}
            check!("count of the other", own.read(), theirs);
            Ok(())
        })?;
        ended_well(other)?;
        check!("count", eventfd.read(), mine);
        let counted = theirs.unwrap_or(0);
        println!("    by {how}, a child is interrupted: its {number} counts {counted}");
        unregister(&device)?;
    }
    Ok(())
}
