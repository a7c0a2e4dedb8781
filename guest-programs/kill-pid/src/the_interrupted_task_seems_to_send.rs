//! priv=0 tells `kill_pid` that the current task sends the signal. In an interrupt
//! handler that is whatever task was there, and `__send_signal_locked`
//! (kernel/signal.c) writes its pid into the siginfo: that of the idle task, which
//! is 0, or that of any process.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{Target, register};
use marker::{check, mark, scene};
use nix::libc;

use crate::interrupt::{busy_process, falls_on};

const ROOT: u32 = 0;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let priv_0 = Target { privileged: 0, ..Target::default() };

    register(device, priv_0)?;
    scene!("3. priv=0, everybody sleeps: falls on the idle task");
    check!("idle, priv=0", falls_on(None, device)?, Ok((libc::SI_USER, 0)));
    println!("3. priv=0, idle: SI_USER, si_pid 0");

    register(device, priv_0)?;
    let root = busy_process(device, ROOT)?;
    mark!("4. priv=0, falls on {} of root", root);
    check!("root, priv=0", falls_on(Some(root), device)?, Ok((libc::SI_USER, root.as_raw())));
    println!("4. priv=0, a process of root: SI_USER, its si_pid, and it sent nothing");
    Ok(())
}
