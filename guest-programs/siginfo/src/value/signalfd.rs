//! signalfd has a structure of its own, which `signalfd_copyinfo` (fs/signalfd.c)
//! fills field by field: with those that an si_code is said to have. For SI_KERNEL
//! these are si_pid and si_uid, and no number.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{SI_KERNEL, SI_QUEUE};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use siginfo::{KERNEL, QUEUE, SIGNAL, Target, VALUE, register, unregister};

use crate::info::name;
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    // SAFETY: an initialised set. That it holds a signal which nix has no name
    // for matters to those functions only that look for names.
    let set = unsafe { SigSet::from_sigset_t_unchecked(steps::set_of(SIGNAL)) };
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target::sent_by(send))?;
        scene!("3. {}, signalfd", name(code));
        check!("send_sig_info", interrupt::now(device)?, 0);
        let info = signals.read_signal()?.ok_or(Errno::ENOMSG)?;
        check!("ssi_code", name(info.ssi_code), name(code));
        found.push(info.ssi_int);
        unregister(device)?;
    }
    check!("ssi_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, 0]);
    println!("3. signalfd             {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}
