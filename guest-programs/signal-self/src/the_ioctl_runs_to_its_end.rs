//! A signal is pending from the moment it is sent, and nothing of it is seen until
//! the ioctl is done. `arch_do_signal_or_restart` (arch/x86/kernel/signal.c) is on
//! the way out of the kernel: there the handler comes first, and the result second.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::sys::signal::Signal;
use signal_self::{GO_ON, RESULT, Send, send};

use crate::handler;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("1. ioctl: sends SIGUSR1 to its caller");
    check!("result", send(device, Send::new(Signal::SIGUSR1, GO_ON)), Ok(RESULT));
    mark!("1. the ioctl has returned {}", RESULT);
    check!("handler", handler::seen(), (1, RESULT.into()));
    println!("1. ioctl: sends SIGUSR1, goes on, returns {RESULT}");
    println!("   handler: runs before the ioctl returns, sees {RESULT} in RAX");
    Ok(())
}
