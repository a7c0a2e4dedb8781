//! The module and its device: who may open it, and how it is removed.

use std::ffi::CStr;
use std::{fs, io};

use bad_input::{by_a_user, device_of, ended, load, remove, start, take};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::SIGIO;
use nix::poll::{PollFlags, PollTimeout};
use nix::sys::stat::Mode;
use nix::unistd::getpid;
use sigio::{
    CAUSE, DEVICE, MODULE, MODULE_FILE, news, open_device, owner, raise, raise_later, set_async,
};
use steps::wait_until_asleep;

use crate::queue::events;

/// Before the module is loaded.
pub fn parameters_that_are_none() -> io::Result<()> {
    mark!("parameters that are none");
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

/// When it is loaded, with these parameters.
pub fn run(params: &CStr) -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    removing_the_module_while_open()?;
    load(MODULE_FILE, params)?;
    removing_the_device_while_open()
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while a file is in the queue");
    let device = open_device()?;
    set_async(&device, true)?;
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    raise_later(&device)?;
    drop(device);
    check!("removal when closed, and the device busy", remove(MODULE), Ok(()));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

/// The open file outlives the device, and its owner hears of that. Then the device comes
/// back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let device = open_device()?;
    owner::set(&device, getpid())?;
    set_async(&device, true)?;
    let sleeping = open(DEVICE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let by_read = start(|| news(&sleeping).map(drop))?;
    wait_until_asleep(by_read)?;
    fs::write(device_of("lab_sigio")?.join("remove"), "1")?;
    check!("a sleeper in read", ended(by_read)?, Err(Errno::ENODEV));
    check!("a signal", take(SIGIO)?.is_some(), true);
    check!("events", events(&device, PollTimeout::ZERO)?, PollFlags::POLLHUP);
    check!("read", news(&device), Err(Errno::ENODEV));
    check!("raise", raise(&device, CAUSE), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));

    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device, CAUSE), Ok(()));
    check!("a signal", take(SIGIO)?.is_some(), true);
    check!("read when it is back", news(&device).is_ok(), true);
    Ok(())
}
