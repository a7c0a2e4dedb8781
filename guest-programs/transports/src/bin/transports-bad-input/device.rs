//! The device and the module go.

use std::{fs, io};

use bad_input::{By, by_a_user, device_of, interrupts_of};
use marker::{check, mark};
use nix::errno::Errno;
use nix::unistd::read;
use transports::{Choice, MODULE, MODULE_FILE, NETLINK, QUEUE, Record, load, open_device};

use crate::calls::{choose_by, counted, raise_count};

pub fn the_device_goes() -> io::Result<()> {
    mark!("the device goes, and comes back");
    let device = open_device()?;
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    fs::write(device_of("lab_transports")?.join("remove"), "1")?;
    check!("raise", raise_count(&device, 1), Err(Errno::ENODEV));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise_count(&device, 1), Ok(()));
    check!("accepted", counted(&device)?.accepted, 1);
    Ok(())
}

pub fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

pub fn removing_the_module() -> io::Result<()> {
    mark!("removing the module");
    let device = open_device()?;
    choose_by(&device, Choice { transport: NETLINK, ..Choice::default() })?;
    raise_count(&device, 10)?;
    check!("nobody listens", counted(&device)?.error, -(Errno::ESRCH as i32));
    check!("while it is open", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(), Err(Errno::EEXIST));
    drop(device);
    check!("removal", remove(), Ok(()));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

/// An interrupt arrives by the wire or by a message, as it was asked for.
pub fn by_the_wire_and_by_a_message() -> io::Result<()> {
    mark!("by the wire and by a message");
    let load = |params| bad_input::load(MODULE_FILE, params);
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(params)?;
        let device = open_device()?;
        choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
        let (_, before) = interrupts_of("lab_transports")?;
        raise_count(&device, 1000)?;
        let want = Record { number: 1, payload: 1, lost: 0 };
        let mut one = [0; Record::SIZE];
        read(&device, &mut one)?;
        check!("the first record", Record::from_bytes(&one), want);
        check!("interrupts", counted(&device)?.interrupts, 1000);
        check!("/proc/interrupts", interrupts_of("lab_transports")?, (by, before + 1000));
        drop(device);
        check!("removal", remove(), Ok(()));
    }
    Ok(())
}

fn remove() -> nix::Result<()> {
    bad_input::remove(MODULE)
}
