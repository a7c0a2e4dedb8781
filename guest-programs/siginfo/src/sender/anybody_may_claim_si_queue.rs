//! An si_code below 0 may be claimed by anybody who may send the signal at all
//! (`do_rt_sigqueueinfo`, kernel/signal.c). So nothing in the module's siginfo shows
//! that it came from the module.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::SI_QUEUE;
use nix::unistd::getpid;
use siginfo::{SIGNAL, Target, register, unregister};
use steps::{ended_well, start};

use super::forge;
use crate::info::{bytes, take_raw};
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    register(device, Target::default())?;
    scene!("13. the module's siginfo, and a forged one");
    interrupt::now(device)?;
    let genuine = take_raw(SIGNAL)?.ok_or(Errno::ENOMSG)?;
    unregister(device)?;
    let parent = getpid();
    ended_well(start(|| forge::send(parent, SI_QUEUE))?)?;
    let forged = take_raw(SIGNAL)?.ok_or(Errno::ENOMSG)?;
    check!("the forged siginfo", bytes(&forged) == bytes(&genuine), true);
    println!("13. SI_QUEUE forged by a child: the same siginfo, all 128 bytes");
    Ok(())
}
