//! The number comes from user space, so the module asks `valid_signal`
//! (include/linux/signal.h) before it sends: 64 is the last.

use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use signal_self::{GO_ON, Send, send};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    let nonsense = Send { signal: 65, ..Send::new(Signal::SIGUSR1, GO_ON) };
    scene!("9. ioctl: signal 65, refused");
    let error = send(device, nonsense).expect_err("no such signal");
    check!("sending signal 65", error, Errno::EINVAL);
    println!("9. asking for signal 65 fails: {error}");
    Ok(())
}
