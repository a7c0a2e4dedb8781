//! kill(2) can send SIGWINCH like any other signal. `prepare_kill_siginfo`
//! (kernel/signal.c) says SI_USER and who called; nothing has been resized.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use marker::{check, scene};
use nix::libc;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::getpid;
use steps::{ended_well, start};

use crate::handler::{CODE, PID, RUNS};

pub fn run() -> io::Result<()> {
    let me = getpid();
    scene!("11. a child sends SIGWINCH by kill(2)");
    let child = start(|| kill(me, Signal::SIGWINCH))?;
    ended_well(child)?;
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        // Unblocks and waits in one step; the signal is pending already.
        SigSet::empty().suspend()?;
    }
    check!("si_code", CODE.load(Relaxed), libc::SI_USER);
    check!("si_pid", PID.load(Relaxed), child.as_raw());
    println!("11. by kill(2): SI_USER, si_pid the sender's; no terminal is resized");
    Ok(())
}
