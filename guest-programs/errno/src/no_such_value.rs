//! EINVAL: a good request with a bad value in it, which `lab_answer`
//! (kmods/errno/lab_errno.c) looks at.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use errno as lab;
use marker::{check, scene};
use nix::errno::Errno;

use crate::answer::ANSWER;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("3. padding that is not 0");
    ANSWER.padding.store(1, Relaxed);
    // SAFETY: the argument lives for ever.
    let result = unsafe { lab::answer(device.as_raw_fd(), &ANSWER) };
    ANSWER.padding.store(0, Relaxed);
    let error = result.expect_err("the module looks at the padding");
    check!("bad value", error, Errno::EINVAL);
    println!("3. bad value           {error}");
    Ok(())
}
