//! The interrupted task may have something else under the number: then that is what is
//! counted. The context (`struct eventfd_ctx`) is the same in every task.

use std::io;
use std::os::fd::AsRawFd;

use eventfd::{
    CONTEXT, NUMBER, Target, counters, new_eventfd, open_device, raise_later, register, unregister,
};
use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::dup2_raw;
use steps::{ended_well, run_second, start};

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    let number = eventfd.as_raw_fd();

    for (remember, how, mine, theirs) in [
        (NUMBER, "number", Err(Errno::EAGAIN), Ok(1)),
        (CONTEXT, "context", Ok(1), Err(Errno::EAGAIN)),
    ] {
        register(&device, Target { remember, ..Target::of(&eventfd) })?;
        // It has something else under the same number, and is interrupted: no ordinary
        // task runs while it does.
        let other = start(|| {
            run_second()?;
            let own = new_eventfd()?;
            // SAFETY: this child does not use `eventfd` any more.
            std::mem::forget(unsafe { dup2_raw(&own, number) }?);
            scene!("11. by {}: edu interrupts in 100 ms", how);
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
