//! The deliberate failure: `lab_check` (kmods/transports/file.c) refuses a transport
//! that there is not.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use marker::{check, scene};
use nix::errno::Errno;
use transports::{Choice, choose};

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let unknown = Choice { transport: 9, ..Choice::default() };
    scene!("5. transport 9: refused");
    // SAFETY: the module reads one Choice, which lives through the call.
    let refused = unsafe { choose(device.as_raw_fd(), &unknown) };
    check!("transport 9", refused, Err(Errno::EINVAL));
    println!("5. transport 9: {}", Errno::EINVAL);
    Ok(())
}
