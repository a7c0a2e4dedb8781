//! `send_sig_info` puts the signal on the list of one thread, `kill_pid` on that of
//! the process (PIDTYPE_PID and PIDTYPE_TGID in kernel/signal.c). Any thread can
//! take what is on the second list.

use std::os::fd::OwnedFd;
use std::{io, thread};

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc::{SI_KERNEL, SI_QUEUE};
use siginfo::{KILL_PID, QUEUE, SIGNAL, Target, register, unregister};

use super::status::is_pending;
use crate::info::{Info, take};
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    for (what, send, code, private) in
        [("send_sig_info", QUEUE, SI_QUEUE, true), ("kill_pid", KILL_PID, SI_KERNEL, false)]
    {
        let (shared, target) = (!private, Target::sent_by(send));
        register(device, target)?;
        scene!("5. to whom? {}", what);
        check!("result", interrupt::now(device)?, 0);
        check!("SigPnd", is_pending("SigPnd")?, private);
        check!("ShdPnd", is_pending("ShdPnd")?, shared);
        // A second thread, which blocks the signal as this one does.
        let other = thread::spawn(|| take(SIGNAL)).join().expect("it does not panic")?;
        check!("taken by another thread", other.is_some(), shared);
        let own = take(SIGNAL)?;
        check!("taken by this thread", own.is_some(), private);
        let info = own.or(other).ok_or(Errno::ENOMSG)?;
        check!("siginfo", info, Info { code, pid: 0, uid: 0, int: target.value });
        let whose = if private {
            "the thread (SigPnd), no other can take it"
        } else {
            "the process (ShdPnd), another thread takes it"
        };
        println!("5. {what}: pending for {whose}");
        unregister(device)?;
    }
    Ok(())
}
