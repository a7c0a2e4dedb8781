//! `wait_event_interruptible_timeout` asks `signal_pending` before it gives up the
//! processor (`prepare_to_wait_event`, kernel/sched/wait.c). A driver returns the
//! error that it gets; this one shows it and goes on.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::sys::signal::Signal;
use signal_self::{RESULT, SLEEP, Send, send};

use crate::handler;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("3. ioctl: sends SIGUSR1, sleeps for 10 ms");
    check!("result", send(device, Send::new(Signal::SIGUSR1, SLEEP)), Ok(RESULT));
    mark!("3. the ioctl has returned {}", RESULT);
    check!("handler", handler::seen(), (1, RESULT.into()));
    println!("3. ioctl: sends, sleeps: -ERESTARTSYS at once; goes on: {RESULT}");
    Ok(())
}
