//! The module goes.

use std::io;

use bad_input::{load, remove};
use marker::{check, mark};
use netlink::{
    COUNT, Family, INTERRUPTS, MODULE, MODULE_FILE, RAISE, RAISE_LATER, attribute, command, get,
    open_socket, resolve,
};
use netlink_sys::Socket;
use nix::errno::Errno;
use steps::errno;

/// With listeners, and with an interrupt under way: the removal waits for that.
pub fn removing_the_module(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("removing the module");
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Ok(()));
    check!("removal", remove(MODULE), Ok(()));
    check!("removal of what is not there", remove(MODULE), Err(Errno::ENOENT));
    check!("joining its group", open_socket()?.add_membership(family.group).map_err(errno), Ok(()));
    load(MODULE_FILE, c"")?;
    let again = resolve(socket)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    check!("interrupts", get(socket, again)?.get(INTERRUPTS), Some(0));
    check!("raise", command(socket, again, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
    check!("removal", remove(MODULE), Ok(()));
    Ok(())
}
