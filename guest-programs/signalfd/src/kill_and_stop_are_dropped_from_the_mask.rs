//! No process can block SIGKILL and SIGSTOP, so none can read them. `do_signalfd4`
//! (fs/signalfd.c) takes them out of the mask, and reports no error.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;
use steps::proc_hex;

pub fn run() -> io::Result<()> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGUSR1] {
        mask.add(signal);
    }
    let signals = SignalFd::new(&mask)?;
    let info = format!("/proc/self/fdinfo/{}", signals.as_raw_fd());
    let kept = proc_hex(&info, "sigmask")?;
    scene!("8. asked for KILL, STOP and USR1");
    // SIGUSR1 is signal 10, which is bit 9.
    check!("sigmask in fdinfo", kept, 1 << 9);
    println!("8. asked for SIGKILL, SIGSTOP and SIGUSR1: mask 0x200, SIGUSR1 alone");
    Ok(())
}
