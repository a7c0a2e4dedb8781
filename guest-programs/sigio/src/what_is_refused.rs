//! What fcntl does refuse: a signal that is none (`f_owner_sig`, fs/fcntl.c), and an
//! owner that does not exist (`f_setown`).

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::Pid;
use sigio::{open_device, owner};
use steps::{ended_well, start};

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    // Reaped, so that its number is nobody's.
    let gone = start(|| Ok(()))?;
    ended_well(gone)?;
    scene!("14. F_SETSIG 65, F_SETOWN {}, who is gone: refused", gone);
    let error = owner::set_signal(&device, 65).expect_err("there is no signal 65");
    check!("F_SETSIG", error, Errno::EINVAL);
    println!("14. F_SETSIG 65 fails: {error}");
    let error = owner::set(&device, gone).expect_err("nobody has this number");
    check!("F_SETOWN", error, Errno::ESRCH);
    check!("owner", owner::get(&device)?, Pid::from_raw(0));
    println!("    F_SETOWN for a process that is gone fails: {error}");
    Ok(())
}
