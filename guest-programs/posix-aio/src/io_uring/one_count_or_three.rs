//! An eventfd counts what is added to it. Kernel AIO adds 1 for each completion
//! (`aio_complete`, fs/aio.c), io_uring 1 each time that it has posted some
//! (`io_eventfd_signal`, io_uring/eventfd.c).

use std::fs::File;
use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::{kernel_aio, uring};

pub fn run(file: &File) -> nix::Result<()> {
    let eventfd = EventFd::from_flags(EfdFlags::EFD_NONBLOCK)?;

    scene!("11. kernel AIO: three requests");
    let context = kernel_aio::io_setup(3)?;
    let mut buffer = [0; 9];
    for _ in 0..3 {
        let mut request = kernel_aio::pread(file.as_fd(), &mut buffer, &eventfd);
        // SAFETY: the buffer lives until the completion is fetched.
        check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    }
    for _ in 0..3 {
        check!("result", kernel_aio::io_getevents(&context)?.result, 9);
    }
    check!("eventfd after kernel AIO", eventfd.read()?, 3);
    kernel_aio::io_destroy(context)?;

    mark!("11. io_uring: three requests");
    let mut ring = uring::Ring::new(4)?;
    ring.register_eventfd(&eventfd)?;
    for user_data in 1..=3 {
        // SAFETY: no buffer, and a ring for four.
        unsafe { ring.push(uring::nop(user_data)) };
    }
    check!("io_uring_enter", ring.submit(3)?, 3);
    let completions = std::iter::from_fn(|| ring.pop()).map(|completion| completion.user_data);
    check!("completions", completions.collect::<Vec<_>>(), [1, 2, 3]);
    check!("eventfd after io_uring", eventfd.read()?, 1);
    println!("11. three completions: kernel AIO adds 3 to the eventfd, io_uring 1");
    Ok(())
}
