//! SIGKILL is looked at on the way out of the kernel like any other signal; there
//! `get_signal` (kernel/signal.c) ends the process. All that differs is that the
//! child never sees what the ioctl returned.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use signal_self::{ASK, GO_ON, Send, send};
use steps::start;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    for (step, then, how) in [(5, GO_ON, "goes on"), (6, ASK, "asks signal_pending()")] {
        scene!("{}. a child: sends SIGKILL, {}", step, how);
        let child = start(|| {
            // Whatever it would return: it does not return here.
            let _ = send(device, Send::new(Signal::SIGKILL, then));
            mark!("{}. after the ioctl", step);
            Ok(())
        })?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("the child", waitpid(child, None)?, killed);
        mark!("{}. the child is dead", step);
        println!("{step}. a child: ioctl sends SIGKILL, {how}; then it is dead");
    }
    Ok(())
}
