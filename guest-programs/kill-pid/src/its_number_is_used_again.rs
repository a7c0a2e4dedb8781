//! A process that exits leaves its number to others. A module that wrote the number
//! down, and looks for it when the interrupt comes, signals an impostor; one that
//! holds the `struct pid` signals nobody.

use std::io;
use std::os::fd::OwnedFd;

use kill_pid::{NUMBER, REFERENCE, SIGNAL, Target, register, start_impostor, unregister};
use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use steps::{ended_well, proc_hex, start};

use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    for (remember, how, result, hit) in
        [(NUMBER, "number", 0, true), (REFERENCE, "struct pid", -(Errno::ESRCH as i32), false)]
    {
        let child = start(|| register(device, Target { remember, ..Target::default() }))?;
        ended_well(child)?;
        // By itself the kernel may take a day to come round to this number again;
        // this call asks for it. The signal is blocked in the impostor, as it is here.
        let impostor = start_impostor(child)?;
        check!("pid of the impostor", impostor, child);
        scene!("9. the module kept the {} of {}, which is an impostor now", how, child);
        check!("result", interrupt::now(device)?, result);
        check!("signal pending for the impostor", is_pending(impostor)?, hit);
        println!("9. module kept the {how}: kill_pid returns {result}, impostor hit: {hit}");

        kill(impostor, Signal::SIGKILL)?;
        waitpid(impostor, None)?;
        unregister(device)?;
    }
    Ok(())
}

/// Whether the signal is pending for a process, as proc_pid_status(5) tells.
fn is_pending(pid: Pid) -> nix::Result<bool> {
    Ok(proc_hex(&format!("/proc/{pid}/status"), "ShdPnd")? & 1 << (SIGNAL - 1) != 0)
}
