//! The module does not register anybody for SIGKILL or SIGSTOP
//! (`lab_signal_usable`, kmods/include/lab_registrant.h): no handler could take
//! them, and a driver has no business ending or stopping its user.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{Target, register};
use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let sigkill = Target { signal: libc::SIGKILL as u32, ..Target::default() };
    scene!("10. registers for SIGKILL: refused");
    let error = register(device, sigkill).expect_err("the module refuses SIGKILL");
    check!("registering for SIGKILL", error, Errno::EINVAL);
    println!("10. registering for SIGKILL fails: {error}");
    Ok(())
}
