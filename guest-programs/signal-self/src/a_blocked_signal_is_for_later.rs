//! A blocked signal is on the list of pending signals, but `recalc_sigpending`
//! (kernel/signal.c) does not count it: TIF_SIGPENDING, the flag that
//! `signal_pending` reads, is not set.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use signal_self::{ASK, RESULT, SLEEP, Send, send};

use crate::handler;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    let mut usr1 = SigSet::empty();
    usr1.add(Signal::SIGUSR1);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&usr1), None)?;

    scene!("4. SIGUSR1 is blocked: sends, asks, then sends, sleeps");
    let asking = send(device, Send::new(Signal::SIGUSR1, ASK));
    check!("result of asking", asking, Ok(RESULT));
    let sleeping = send(device, Send::new(Signal::SIGUSR1, SLEEP));
    check!("result of sleeping", sleeping, Ok(RESULT));
    check!("runs of the handler", handler::seen().0, 0);
    mark!("4. SIGUSR1 is unblocked");
    // Unblocks and waits; so it is this call that the handler interrupts.
    SigSet::empty().suspend()?;
    check!("handler", handler::seen(), (1, -(Errno::EINTR as i64)));
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&usr1), None)?;
    println!("4. SIGUSR1 blocked: asks, goes on; sleeps 10 ms, goes on: {RESULT}");
    println!("   handler: runs when unblocked, once, in sigsuspend");
    Ok(())
}
