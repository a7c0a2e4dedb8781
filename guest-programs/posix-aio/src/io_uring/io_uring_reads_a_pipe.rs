//! io_uring can wait for a pipe with any read (`io_arm_poll_handler`, io_uring/poll.c).
//! Another process writes. The read is done and told of in the context of the process
//! that asked for it, before that runs on in user space, whatever it was doing in the
//! meantime.

use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::libc::c_int;
use nix::sys::eventfd::EventFd;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{pipe, write};

use crate::tasks::{fork_child, fork_eventfd_reader};
use crate::uring;

pub fn run() -> nix::Result<()> {
    let mut ring = uring::Ring::new(4)?;
    let eventfd = EventFd::new()?;
    ring.register_eventfd(&eventfd)?;
    let (receiver, sender) = pipe()?;
    let mut buffer = [0; 8];
    let reader = fork_eventfd_reader(&eventfd)?;
    scene!("10. io_uring: a read of an empty pipe");
    // SAFETY: the buffer lives until the completion has been fetched, and the
    // ring is empty.
    unsafe { ring.push(uring::read(receiver.as_fd(), &mut buffer, 10)) };
    check!("io_uring_enter", ring.submit(1)?, 1);
    check!("completion", ring.pop(), None);
    let writer = fork_child(|| {
        mark!("10. another process writes");
        Ok(write(&sender, b"hello")? as c_int)
    })?;
    check!("bytes written", waitpid(writer, None)?, WaitStatus::Exited(writer, 5));
    let completion = ring.pop();
    mark!("10. the completion is in my memory");
    check!("completion", completion, Some(uring::Cqe { user_data: 10, result: 5, flags: 0 }));
    check!("buffer", &buffer[..5], b"hello");
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    println!("10. io_uring, an empty pipe: the read waits; after a write by another");
    println!("    process the completion is in my memory, and the eventfd says 1");
    Ok(())
}
