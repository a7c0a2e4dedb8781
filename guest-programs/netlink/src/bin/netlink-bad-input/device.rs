//! The device: busy, gone, and by either interrupt.

use std::{fs, io};

use bad_input::{By, device_of, interrupts_of, remove};
use marker::{check, mark};
use netlink::{
    COUNT, EVENTS, Family, INTERRUPT, INTERRUPTS, LOST, MODULE, MODULE_FILE, RAISE, RAISE_LATER,
    Refusal, attribute, command, event, get, open_socket, resolve,
};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc;
use steps::errno;

pub fn as_many_as_possible(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("as many as possible");
    let before = get(socket, family)?.get(INTERRUPTS).unwrap_or_default();
    check!("raise", command(socket, family, RAISE, vec![attribute(COUNT, 100)])?, Ok(()));
    let reply = get(socket, family)?;
    check!("interrupts", reply.get(INTERRUPTS), Some(before + 100));
    check!("events", reply.get(EVENTS), Some(before + 100));
    check!("lost", reply.get(LOST), Some(0));
    Ok(())
}

pub fn the_device_is_busy(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("the device is busy");
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Ok(()));
    let busy = Refusal {
        errno: Errno::EBUSY,
        message: "edu is about to interrupt".to_owned(),
        missing: 0,
    };
    check!("while it is busy", command(socket, family, RAISE_LATER, Vec::new())?, Err(busy));
    let _event = event(&listener, 0)?;
    check!(
        "only one",
        event(&listener, libc::MSG_DONTWAIT).map_err(errno).err(),
        Some(Errno::EAGAIN)
    );
    Ok(())
}

pub fn the_device_goes(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("the device goes, and comes back");
    fs::write(device_of("lab_netlink")?.join("remove"), "1")?;
    let gone = || Refusal { errno: Errno::ENODEV, message: "edu is gone".to_owned(), missing: 0 };
    let one = || vec![attribute(COUNT, 1)];
    check!("raise", command(socket, family, RAISE, one())?, Err(gone()));
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Err(gone()));
    check!("GET", get(socket, family)?.get(LOST), Some(0));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", command(socket, family, RAISE, one())?, Ok(()));
    Ok(())
}

/// An interrupt arrives by the wire or by a message, as it was asked for.
pub fn by_the_wire_and_by_a_message(socket: &Socket) -> io::Result<()> {
    mark!("by the wire and by a message");
    let load = |params| bad_input::load(MODULE_FILE, params);
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the family afterwards", resolve(socket)?.map_err(|r| r.errno), Err(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(params)?;
        let family = resolve(socket)?.map_err(|refusal| io::Error::from(refusal.errno))?;
        let listener = open_socket()?;
        listener.add_membership(family.group)?;
        let (_, before) = interrupts_of("lab_netlink")?;
        check!("raise", command(socket, family, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
        check!("an event", event(&listener, libc::MSG_DONTWAIT)?.get(INTERRUPT), Some(1));
        check!("/proc/interrupts", interrupts_of("lab_netlink")?, (by, before + 1));
        check!("removal", remove(MODULE), Ok(()));
    }
    Ok(())
}
