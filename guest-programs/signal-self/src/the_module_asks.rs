//! `signal_pending` in the module is true at once. So the module can stop there, and
//! it answers EINTR: an ioctl that was made once more would send once more.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use signal_self::{ASK, Send, send};

use crate::handler;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("2. ioctl: sends SIGUSR1, asks signal_pending()");
    check!("result", send(device, Send::new(Signal::SIGUSR1, ASK)), Err(Errno::EINTR));
    mark!("2. the ioctl has failed");
    check!("handler", handler::seen(), (1, -(Errno::EINTR as i64)));
    println!("2. ioctl: sends, asks signal_pending(): stops there, EINTR");
    println!("   handler: sees {} in RAX, -EINTR", -(Errno::EINTR as i64));
    Ok(())
}
