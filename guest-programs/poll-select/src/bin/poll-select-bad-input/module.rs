//! The module and its device: who may open it, and how it is removed.

use std::{fs, io};

use bad_input::{by_a_user, device_of, ended, load, remove, start};
use marker::check;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::PollFlags;
use poll_select::{MODULE, MODULE_FILE, ORDINARY, causes, open_device, raise, raise_later};
use steps::wait_until_asleep;

use crate::events::{now, wait_for};

pub fn run() -> io::Result<()> {
    only_root_may()?;
    removing_the_module_while_open()?;
    removing_the_device_while_open()
}

/// When the module is not loaded.
pub fn parameters_that_are_none() -> io::Result<()> {
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device(OFlag::O_RDWR).err(), Some(Errno::ENOENT));
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    check!(
        "open by user 1000",
        by_a_user(|| open_device(OFlag::O_RDWR).map(drop))?,
        Err(Errno::EACCES)
    );
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    let child = start(|| wait_for(&device, PollFlags::POLLIN).map(drop))?;
    wait_until_asleep(child)?;
    drop(device);
    check!("removal while only a sleeper is left", remove(MODULE), Err(Errno::EWOULDBLOCK));
    let device = open_device(OFlag::O_RDWR)?;
    raise(&device, ORDINARY)?;
    check!("the sleeper", ended(child)?, Ok(()));
    check!("causes", causes(&device), Ok(ORDINARY));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let by_read = start(|| causes(&device).map(drop))?;
    let by_poll = start(|| {
        let got = wait_for(&device, PollFlags::POLLIN)?;
        if got == PollFlags::POLLHUP { Ok(()) } else { Err(Errno::EIO) }
    })?;
    wait_until_asleep(by_read)?;
    wait_until_asleep(by_poll)?;
    fs::write(device_of("lab_poll_select")?.join("remove"), "1")?;
    check!("a sleeper in read", ended(by_read)?, Err(Errno::ENODEV));
    check!("a sleeper in poll", ended(by_poll)?, Ok(()));
    check!("read", causes(&device), Err(Errno::ENODEV));
    check!("write", raise(&device, ORDINARY), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("events", now(&device)?, PollFlags::POLLHUP | PollFlags::POLLOUT);

    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("events when it is back", now(&device)?, PollFlags::POLLOUT);
    check!("write when it is back", raise(&device, ORDINARY), Ok(()));
    check!("read when it is back", causes(&device), Ok(ORDINARY));
    Ok(())
}
