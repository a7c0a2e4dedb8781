//! ENOTTY: the request is not one that `lab_errno_ioctl` (kmods/errno/lab_errno.c)
//! knows. The name is from the days when terminals were the only devices with requests.

use std::os::fd::{AsRawFd, OwnedFd};

use errno as lab;
use marker::{check, scene};
use nix::errno::Errno;

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, lab::IOC, 99
);

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("1. an unknown request");
    // SAFETY: a request without an argument.
    let error = unsafe { unknown(device.as_raw_fd()) }.expect_err("the module lacks it");
    check!("unknown request", error, Errno::ENOTTY);
    println!("1. unknown request     {error}");
    Ok(())
}
