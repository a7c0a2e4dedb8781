//! Nobody may block SIGKILL and SIGSTOP, so nobody can read them. `do_signalfd4`
//! (fs/signalfd.c) takes them out of the mask, and reports no error.

use std::os::fd::AsRawFd;
use std::{fs, io};

use marker::{check, scene};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;

pub fn run() -> io::Result<()> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGUSR1] {
        mask.add(signal);
    }
    let signals = SignalFd::new(&mask)?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", signals.as_raw_fd()))?;
    // A hexadecimal mask, in which bit 0 is signal 1: SIGUSR1 is bit 9.
    let kept = info.lines().find_map(|line| line.strip_prefix("sigmask:\t"));
    scene!("8. asked for KILL, STOP and USR1");
    check!("sigmask in fdinfo", kept, Some("0000000000000200"));
    println!("8. asked for SIGKILL, SIGSTOP and SIGUSR1: mask 0x200, SIGUSR1 alone");
    Ok(())
}
