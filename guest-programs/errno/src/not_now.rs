//! EAGAIN: `lock_when` (kmods/errno/lab_errno.c) would have to wait, and may not.
//! poll(2) says when to try again.

use std::os::fd::OwnedFd;

use errno::ROOM;
use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::PollFlags;
use nix::unistd::{read, write};

use crate::device::look;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    check!("EWOULDBLOCK", Errno::EWOULDBLOCK, Errno::EAGAIN);
    fcntl(device, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;

    scene!("4. O_NONBLOCK: read of an empty queue");
    let error = read(device, &mut [0; ROOM]).expect_err("there is nothing");
    check!("read", error, Errno::EAGAIN);
    check!("poll", look(device)?, PollFlags::POLLOUT);
    println!("4. O_NONBLOCK, empty   {error}");
    println!("   poll: POLLOUT alone");

    mark!("4. O_NONBLOCK: write of 12 bytes, twice");
    check!("write", write(device, b"twelve bytes"), Ok(ROOM));
    check!("write", write(device, b"bytes"), Err(Errno::EAGAIN));
    check!("poll", look(device)?, PollFlags::POLLIN);
    println!("   write of 12 bytes: 8, for which there was room; again: EAGAIN");
    Ok(())
}
