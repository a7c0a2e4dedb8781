//! poll says what was true when it looked. `.poll` keeps nothing for anybody, so
//! another process may be faster; without O_NONBLOCK this read would sleep.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{POLLIN, pollfd};
use poll_select::{ORDINARY, causes, raise};
use steps::{ended_well, start};

use crate::calls::poll;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    scene!("18. poll says POLLIN; a child reads first");
    raise(device, ORDINARY)?;
    let mut fds = [pollfd { fd: device.as_raw_fd(), events: POLLIN, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN);
    ended_well(start(|| causes(device).map(drop))?)?;
    let error = causes(device).expect_err("the child has read everything");
    check!("read", error, Errno::EAGAIN);
    println!("18. POLLIN, but a child reads first: read fails: {error}");
    Ok(())
}
