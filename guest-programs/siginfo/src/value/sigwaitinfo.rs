//! A process that takes the signal itself gets the same siginfo, by the same
//! `copy_siginfo_to_user` (kernel/signal.c). It names no sender: the module set
//! neither si_pid nor si_uid.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{SI_KERNEL, SI_QUEUE};
use siginfo::{KERNEL, QUEUE, SIGNAL, Target, VALUE, register, unregister};

use crate::info::{name, take};
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target::sent_by(send))?;
        scene!("2. {}, sigwaitinfo", name(code));
        check!("send_sig_info", interrupt::now(device)?, 0);
        let info = take(SIGNAL)?.ok_or(Errno::ENOMSG)?;
        check!("si_code", name(info.code), name(code));
        check!("si_pid and si_uid", (info.pid, info.uid), (0, 0));
        found.push(info.int);
        unregister(device)?;
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE]);
    println!("2. sigwaitinfo          {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}
