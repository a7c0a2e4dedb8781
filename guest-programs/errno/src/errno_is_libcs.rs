//! `do_syscall_64` (arch/x86/entry/common.c) leaves a number in a register. The kernel
//! knows of no errno: libc sets it upon a failure, and only then.

use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;

use crate::answer::{ANSWER, answer, raw_ioctl};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("9. libc's wrapper, and the system call without it");
    ANSWER.value.store(-i64::from(libc::EINVAL), Relaxed);
    Errno::EDOM.set();
    let raw = raw_ioctl(device);
    check!("raw system call", (raw, Errno::last()), (-22, Errno::EDOM));
    check!("libc's", (answer(device), Errno::last()), (-1, Errno::EINVAL));
    ANSWER.value.store(0, Relaxed);
    check!("a success", (answer(device), Errno::last()), (0, Errno::EINVAL));
    println!("9. syscall instruction: -22, errno as it was; libc: -1, EINVAL");
    println!("   and after a success errno is EINVAL still");
    Ok(())
}
