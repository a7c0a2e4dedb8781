//! The advice, word for word: this process has registered, sleeps, and has a
//! handler; the interrupt falls on the idle task. `copy_siginfo_to_user`
//! (kernel/signal.c) copies the whole siginfo, whatever its si_code says.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::{SI_KERNEL, SI_QUEUE};
use siginfo::{KERNEL, QUEUE, Target, VALUE, counters, raise_later, register, unregister};

use super::handler;
use crate::info::name;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    handler::install()?;
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target::sent_by(send))?;
        scene!("1. {}, handler", name(code));
        raise_later(device)?;
        let (seen, int) = handler::wait()?;
        check!("si_code", name(seen), name(code));
        found.push(int);
        check!("send_sig_info", counters(device)?.result, 0);
        unregister(device)?;
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE]);
    println!("1. handler              {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}
