//! EFAULT: an address that is not the program's. `lab_answer` (kmods/errno/lab_errno.c)
//! finds out by trying.

use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use errno as lab;
use marker::{check, scene};
use nix::errno::Errno;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("2. a bad pointer");
    // SAFETY: the kernel finds out that there is nothing at address 0.
    let error = unsafe { lab::answer(device.as_raw_fd(), ptr::null()) }.expect_err("page 0");
    check!("bad pointer", error, Errno::EFAULT);
    println!("2. bad pointer         {error}");
    Ok(())
}
