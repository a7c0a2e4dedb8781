//! An open attribute keeps neither the module nor the device. When they go, its file is
//! dead: reads fail. Removal itself wakes no poller; this module announces it once more,
//! `lab_sysfs_notify_gone`.

use std::io;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::getpid;
use steps::{ended_well, remove, start, wait_until_asleep};
use sysfs_notify::attribute::{NEWS, open_and_read, ready, value, wait};
use sysfs_notify::{BY, MODULE, open_attribute};

pub fn run() -> io::Result<()> {
    let (file, by) = (open_and_read()?, open_attribute(BY, OFlag::O_RDONLY)?);
    value(&by)?;
    let me = getpid();
    let sleeper = start(|| {
        prctl::set_name(c"sleeper")?;
        wait(&by).map(drop)
    })?;
    let remover = start(|| {
        prctl::set_name(c"waits")?; // so that the lesson does not trace it
        wait_until_asleep(sleeper)?;
        wait_until_asleep(me)?;
        prctl::set_name(c"removes")?; // by which the lesson traces whom that wakes
        remove(MODULE)?;
        prctl::set_name(c"waits")
    })?;
    scene!("14. sleeps in poll; {} polls an attribute that is never announced", sleeper);
    check!("poll", wait(&file)?, NEWS);
    mark!("14. is awake; the module has gone, and the attributes with it");
    check!("read", value(&file), Err(Errno::ENODEV));
    ended_well(remover)?;
    mark!("14. not woken: {}", sleeper);
    let flags = Some(WaitPidFlag::WNOHANG);
    check!("the sleeper", waitpid(sleeper, flags)?, WaitStatus::StillAlive);
    check!("poll of the other, now", ready(&by)?, NEWS);
    kill(sleeper, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(sleeper, Signal::SIGKILL, false);
    check!("the sleeper", waitpid(sleeper, None)?, killed);
    println!("14. the module goes: poll says POLLPRI and POLLERR, read fails with ENODEV");
    println!("    who polls an attribute that nobody announces is not woken");
    Ok(())
}
