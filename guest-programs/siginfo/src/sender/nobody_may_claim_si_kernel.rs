//! An si_code of 0 or above is the kernel's own: `do_rt_sigqueueinfo`
//! (kernel/signal.c) lets a process claim it only towards itself.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::SI_KERNEL;
use nix::unistd::getpid;
use siginfo::SIGNAL;
use steps::{ended_well, start};

use super::forge;
use crate::info::take;

pub fn run() -> io::Result<()> {
    let parent = getpid();
    scene!("14. SI_KERNEL, forged: refused");
    let child = start(|| {
        let error = forge::send(parent, SI_KERNEL).expect_err("SI_KERNEL is the kernel's");
        check!("rt_sigqueueinfo", error, Errno::EPERM);
        println!("14. SI_KERNEL forged by a child, as root: {error}");
        Ok(())
    })?;
    ended_well(child)?;
    check!("signal", take(SIGNAL)?, None);
    Ok(())
}
