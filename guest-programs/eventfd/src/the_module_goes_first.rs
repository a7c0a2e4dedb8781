//! The eventfd is the process's own. It does not know who adds to it, and cannot tell
//! that nobody will any more: `eventfd_poll` (fs/eventfd.c) never says POLLHUP.

use std::io;

use eventfd::{CAUSE_1, Target, new_eventfd, open_device, raise, register};
use marker::{check, scene};
use nix::poll::PollFlags;

use crate::look;

pub fn run() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    drop(device);
    scene!("10. the device is closed, the eventfd is not");
    raise(&open_device()?, CAUSE_1)?;
    check!("poll", look::by_poll(&eventfd)?, PollFlags::POLLOUT);
    println!("10. device closed: no count, and no POLLHUP or POLLERR either");
    Ok(())
}
