//! The module and its device: who may open it, and how it is removed.

use std::{fs, io};

use bad_input::{by_a_user, device_of, load, remove, take};
use marker::check;
use nix::errno::Errno;
use siginfo::{
    Counters, MODULE, MODULE_FILE, SIGNAL, Target, VALUE, counters, open_device, raise,
    raise_later, register,
};

pub fn run() -> io::Result<()> {
    only_root_may()?;
    removing_the_module_while_open()?;
    removing_the_device_while_open()
}

/// When the module is not loaded.
pub fn parameters_that_are_none() -> io::Result<()> {
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    let device = open_device()?;
    register(&device, Target::default())?;
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    raise(&device)?;
    check!("signal all the same", take(SIGNAL)?, Some(VALUE));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    let device = open_device()?;
    register(&device, Target::default())?;
    fs::write(device_of("lab_siginfo")?.join("remove"), "1")?;
    check!("raise", raise(&device), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("counters", counters(&device)?, Counters::default());
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device), Ok(()));
    check!("signal", take(SIGNAL)?, Some(VALUE));
    Ok(())
}
