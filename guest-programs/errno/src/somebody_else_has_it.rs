//! EBUSY: the device is somebody else's for the time being (`lab_claim`,
//! kmods/errno/lab_errno.c). The program may try later, but nothing will tell it when.

use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::device::{claim, open_device};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    let other = open_device(OFlag::O_RDWR)?;
    scene!("7. claimed twice");
    check!("first claim", claim(device), Ok(0));
    let error = claim(&other).expect_err("it is claimed");
    check!("second claim", error, Errno::EBUSY);
    println!("7. claimed twice       {error}");
    Ok(())
}
