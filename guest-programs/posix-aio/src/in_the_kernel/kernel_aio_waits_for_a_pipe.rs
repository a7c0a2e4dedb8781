//! A read of an empty pipe would keep io_submit(2) waiting, so the program says
//! RWF_NOWAIT. IOCB_CMD_POLL does wait in the background (`aio_poll`, fs/aio.c).

use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::eventfd::EventFd;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{pipe, write};

use crate::kernel_aio;
use crate::tasks::fork_eventfd_reader;

pub fn run() -> nix::Result<()> {
    let context = kernel_aio::io_setup(2)?;
    let (receiver, sender) = pipe()?;
    let eventfd = EventFd::new()?;
    let mut buffer = [0; 8];
    let mut request = kernel_aio::pread(receiver.as_fd(), &mut buffer, &eventfd);
    request.aio_rw_flags = libc::RWF_NOWAIT;
    // SAFETY: the buffer lives until the completion is fetched, in the next line.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    let event = kernel_aio::io_getevents(&context)?;
    check!("result of the read", event.result, -i64::from(libc::EAGAIN));
    check!("eventfd", eventfd.read()?, 1);

    let reader = fork_eventfd_reader(&eventfd)?;
    scene!("9. kernel AIO: a poll of an empty pipe");
    let mut request = kernel_aio::poll(receiver.as_fd(), PollFlags::POLLIN, &eventfd);
    // SAFETY: a poll has no buffer.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    mark!("9. now something is written");
    check!("bytes written", write(&sender, b"hello")?, 5);
    let event = kernel_aio::io_getevents(&context)?;
    check!("result of the poll", event.result & i64::from(libc::POLLIN), libc::POLLIN.into());
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    mark!("9. done");
    println!("9. kernel AIO, an empty pipe: a read fails, {}", Errno::EAGAIN);
    println!("   a poll waits; after a write the eventfd says 1");
    kernel_aio::io_destroy(context)
}
