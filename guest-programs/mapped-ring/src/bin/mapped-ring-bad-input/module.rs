//! The module and its device: who may open it, and how it is removed.

use std::ffi::CStr;
use std::{fs, io};

use bad_input::{by_a_user, device_of, load, remove};
use mapped_ring::{MODULE, MODULE_FILE, Ring, open_device, raise, raise_later};
use marker::{check, mark};
use nix::errno::Errno;

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
    removing_the_module_while_mapped()?;
    load(MODULE_FILE, params)?;
    removing_the_device_while_mapped()
}

fn removing_the_module_while_mapped() -> io::Result<()> {
    mark!("removing the module while its page is mapped");
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    raise_later(&device)?;
    drop(device);
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    drop(ring);
    check!("removal, and the device busy", remove(MODULE), Ok(()));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

/// The open file and its page outlive the device. Then the device comes back.
fn removing_the_device_while_mapped() -> io::Result<()> {
    mark!("removing the device while its page is mapped");
    let device = open_device()?;
    let ring = Ring::map(&device)?;
    fs::write(device_of("lab_mapped_ring")?.join("remove"), "1")?;
    check!("raise", raise(&device, 0x1), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("no record", ring.next(), None);

    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device, 0x1), Ok(()));
    check!("a record when it is back", &ring.drain(), &[1]);
    Ok(())
}
