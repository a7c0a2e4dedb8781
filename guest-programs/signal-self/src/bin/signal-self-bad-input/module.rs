//! The module and its device: who may open it, and how it is removed and loaded.

use std::{fs, io};

use bad_input::{By, by_a_user, device_of, interrupts_of, load, remove, take};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::SIGUSR1;
use nix::sys::signal::Signal;
use signal_self::{
    CAUSE_SIGNAL, CAUSE_WAKE, MODULE, MODULE_FILE, RESTARTBLOCK, RESTARTSYS, Target, open_device,
    raise, raise_later, register, wake, wake_ups,
};

pub fn run() -> io::Result<()> {
    only_root_may()?;
    removing_the_module_while_open()?;
    removing_the_module_while_the_device_is_busy()?;
    removing_the_device_while_open()?;
    by_the_wire_and_by_a_message()?;
    what_stays_for_good()
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let device = open_device()?;
    register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    raise(&device, CAUSE_SIGNAL)?;
    check!("signal all the same", take(SIGUSR1)?, Some(0));
    drop(device);
    check!("removal when closed", remove(MODULE), Ok(()));
    check!("removal of what is not there", remove(MODULE), Err(Errno::ENOENT));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    check!("a parameter that is none", load(MODULE_FILE, c"wire=1"), Ok(()));
    Ok(())
}

/// The removal waits for the device, and the next to load the module does not
/// hear of it.
fn removing_the_module_while_the_device_is_busy() -> io::Result<()> {
    mark!("removing the module while the device is busy");
    let device = open_device()?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    drop(device);
    check!("removal", remove(MODULE), Ok(()));
    load(MODULE_FILE, c"")?;
    let device = open_device()?;
    wake(&device)?;
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let device = open_device()?;
    fs::write(device_of("lab_signal_self")?.join("remove"), "1")?;
    check!("write", wake(&device), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("write when it is back", wake(&device), Ok(()));
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// An interrupt arrives by the wire or by a message, as it was asked for.
fn by_the_wire_and_by_a_message() -> io::Result<()> {
    mark!("by the wire and by a message");
    remove(MODULE)?;
    check!("msi=perhaps", load(MODULE_FILE, c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(MODULE_FILE, params)?;
        let device = open_device()?;
        register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
        let (_, before) = interrupts_of("lab_signal_self")?;
        raise(&device, CAUSE_SIGNAL | CAUSE_WAKE)?;
        check!("signal", take(SIGUSR1)?, Some(0));
        check!("wake-ups", wake_ups(&device), Ok(1));
        check!("/proc/interrupts", interrupts_of("lab_signal_self")?, (by, before + 1));
        drop(device);
        check!("removal", remove(MODULE), Ok(()));
    }
    load(MODULE_FILE, c"")?;
    Ok(())
}

/// After a registration for -ERESTART_RESTARTBLOCK the module cannot be removed.
fn what_stays_for_good() -> io::Result<()> {
    mark!("what stays for good");
    check!("removal before", remove(MODULE), Ok(()));
    load(MODULE_FILE, c"")?;
    for _ in 0..2 {
        let device = open_device()?;
        register(&device, Target::new(Signal::SIGUSR1, RESTARTBLOCK))?;
        drop(device);
        check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    }
    Ok(())
}
