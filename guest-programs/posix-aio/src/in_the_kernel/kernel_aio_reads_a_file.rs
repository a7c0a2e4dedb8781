//! Kernel AIO tells by an eventfd (`aio_complete`, fs/aio.c). A read of a file is done
//! before io_submit(2) returns: all that is asynchronous about it is that it could be.

use std::fs::File;
use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::sys::eventfd::EventFd;
use nix::sys::wait::{WaitStatus, waitpid};

use crate::kernel_aio;
use crate::tasks::fork_eventfd_reader;

pub fn run(file: &File) -> nix::Result<()> {
    let context = kernel_aio::io_setup(1)?;
    let eventfd = EventFd::new()?;
    let reader = fork_eventfd_reader(&eventfd)?;
    let mut buffer = [0; 9];
    scene!("8. kernel AIO: a read of a file");
    let mut request = kernel_aio::pread(file.as_fd(), &mut buffer, &eventfd);
    // SAFETY: the buffer lives until the completion is there, which is now.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    let event = kernel_aio::io_getevents(&context)?;
    mark!("8. done");
    check!("result", event.result, 9);
    check!("buffer", &buffer, b"in a file");
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    println!("8. kernel AIO, a file: the eventfd says 1 before io_submit returns");
    kernel_aio::io_destroy(context)
}
