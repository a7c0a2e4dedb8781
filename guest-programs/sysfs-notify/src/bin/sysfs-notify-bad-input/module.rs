//! The module and its device: how they are removed while somebody reads, writes and polls.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::{fs, io};

use bad_input::{device_of, ended, load, remove, start};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::PollTimeout;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Whence, lseek, write};
use steps::wait_until_asleep;
use sysfs_notify::attribute::open;
use sysfs_notify::{BY, MODULE, MODULE_FILE, open_attribute, raise, raise_later};

use crate::{news, value};

/// Before the module is loaded.
pub fn parameters_that_are_none() -> io::Result<()> {
    mark!("parameters that are none");
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the attribute afterwards", open().err(), Some(Errno::ENOENT));
    Ok(())
}

/// When it is loaded, with these parameters.
pub fn run(params: &CStr) -> io::Result<()> {
    a_killed_sleeper()?;
    removing_the_module_while_open()?;
    load(MODULE_FILE, params)?;
    removing_the_device_while_open()
}

/// It leaves nothing in the queue that the next interrupt would find.
fn a_killed_sleeper() -> io::Result<()> {
    mark!("a killed sleeper");
    let file = open()?;
    value(&file)?;
    let sleeper = start(|| news(&file, PollTimeout::NONE))?;
    wait_until_asleep(sleeper)?;
    kill(sleeper, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(sleeper, Signal::SIGKILL, false);
    check!("a sleeper is killed", waitpid(sleeper, None)?, killed);
    raise()?;
    check!("news", news(&file, PollTimeout::ZERO), Ok(()));
    Ok(())
}

/// Open files do not keep it.
fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while files are open");
    let (file, to_raise) = (open()?, open_attribute("raise", OFlag::O_WRONLY)?);
    value(&file)?;
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    let sleeper = start(|| news(&file, PollTimeout::NONE))?;
    wait_until_asleep(sleeper)?;
    raise_later()?;
    check!("removal, and the device busy", remove(MODULE), Ok(()));
    check!("a sleeper in poll", ended(sleeper)?, Ok(()));
    they_are_dead(&file, &to_raise)?;
    check!("the attribute afterwards", open().err(), Some(Errno::ENOENT));
    Ok(())
}

fn they_are_dead(file: &OwnedFd, to_raise: &OwnedFd) -> io::Result<()> {
    check!("poll", news(file, PollTimeout::ZERO), Ok(()));
    check!("read", value(file), Err(Errno::ENODEV));
    check!("seek", lseek(file, 0, Whence::SeekSet), Err(Errno::ENODEV));
    check!("write", write(to_raise, b"1"), Err(Errno::ENODEV));
    check!("poll, after that", news(file, PollTimeout::ZERO), Ok(()));
    Ok(())
}

/// Then the device comes back. What was open stays dead.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while files are open");
    let (file, to_raise) = (open()?, open_attribute("raise", OFlag::O_WRONLY)?);
    value(&file)?;
    fs::write(device_of("lab_sysfs_notify")?.join("remove"), "1")?;
    they_are_dead(&file, &to_raise)?;

    fs::write("/sys/bus/pci/rescan", "1")?;
    they_are_dead(&file, &to_raise)?;
    let (file, by) = (open()?, open_attribute(BY, OFlag::O_RDONLY)?);
    value(&file)?;
    raise()?;
    check!("news when it is back", news(&file, PollTimeout::ZERO), Ok(()));
    check!("and of nothing else", value(&by), Err(Errno::EILSEQ));
    check!("and of nothing else", news(&by, PollTimeout::ZERO), Err(Errno::EAGAIN));
    Ok(())
}
