//! The module and its device: who may open it, and how it is removed.

use std::ffi::CStr;
use std::{fs, io};

use bad_input::{by_a_user, device_of, load, remove};
use eventfd::{
    Counters, MODULE, MODULE_FILE, Target, counters, new_eventfd, open_device, raise, raise_later,
    register,
};
use marker::{check, mark};
use nix::errno::Errno;

/// Leaves the module loaded anew.
pub fn parameters_that_are_none() -> io::Result<()> {
    mark!("parameters that are none");
    remove(MODULE)?;
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    load(MODULE_FILE, c"")?;
    Ok(())
}

pub fn run() -> io::Result<()> {
    only_root_may()?;
    removing_the_module_while_open()?;
    for params in [c"msi=0", c"msi=1"] {
        removing_the_module_while_the_device_is_busy(params)?;
    }
    removing_the_device_while_open()
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    raise(&device, 1)?;
    check!("count all the same", eventfd.read(), Ok(1));
    drop(device);
    check!("removal when closed", remove(MODULE), Ok(()));
    check!("removal of what is not there", remove(MODULE), Err(Errno::ENOENT));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    // The eventfd is none of the module's, and lives on without it.
    check!("write", eventfd.write(1), Ok(8));
    check!("count", eventfd.read(), Ok(1));
    load(MODULE_FILE, c"msi=1")?;
    Ok(())
}

/// The removal waits for the device, and the next to load the module does not
/// hear of it.
fn removing_the_module_while_the_device_is_busy(params: &CStr) -> io::Result<()> {
    mark!("removing the module while the device is busy");
    remove(MODULE)?;
    load(MODULE_FILE, params)?;
    let device = open_device()?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    drop(device);
    check!("removal", remove(MODULE), Ok(()));
    load(MODULE_FILE, params)?;
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    raise(&device, 1)?;
    check!("count", eventfd.read(), Ok(1));
    check!("interrupts", counters(&device)?.interrupts, 1);
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target::of(&eventfd))?;
    fs::write(device_of("lab_eventfd")?.join("remove"), "1")?;
    check!("raise", raise(&device, 1), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("counters", counters(&device)?, Counters::default());
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device, 1), Ok(()));
    check!("count", eventfd.read(), Ok(1));
    Ok(())
}
