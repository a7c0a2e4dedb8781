//! The interrupt handler says what has come, and poll's entry in the wait queue
//! what is wanted. `pollwake` (fs/select.c) compares the two before it wakes
//! anybody.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use marker::{check, scene};
use nix::libc::{POLLIN, pollfd};
use poll_select::{ORDINARY, URGENT, raise};
use steps::{ended_well, start_when_asleep};

use crate::calls::poll;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    scene!("11. poll sleeps for POLLIN; first comes POLLPRI");
    let child = start_when_asleep(|| {
        raise(device, URGENT)?;
        raise(device, ORDINARY)
    })?;
    let mut fds = [pollfd { fd: device.as_raw_fd(), events: POLLIN, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN);
    ended_well(child)?;
    println!("11. poll sleeps for POLLIN, edu interrupts twice: woken by the second");
    println!("   revents POLLIN: the first, POLLPRI, is there but was not asked for");
    Ok(())
}
