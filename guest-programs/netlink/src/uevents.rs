//! The kernel's own broadcast, by `kobject_uevent_env` (lib/kobject_uevent.c): what
//! happens to its objects, among them modules and drivers. udev lives on it.

use std::io;

use marker::{check, scene};
use netlink::MODULE_FILE;
use netlink_sys::protocols::NETLINK_KOBJECT_UEVENT;
use netlink_sys::{Socket, SocketAddr};
use nix::libc;
use steps::load;

pub fn run() -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_KOBJECT_UEVENT)?;
    // Group 1, joined by the address: here they are bits of a mask.
    socket.bind(&SocketAddr::new(0, 1))?;
    scene!("1. the module is loaded");
    load(MODULE_FILE, c"")?;
    let mut told = Vec::new();
    loop {
        let mut bytes = Vec::with_capacity(8192);
        match socket.recv(&mut bytes, libc::MSG_DONTWAIT) {
            // "add@/module/lab_netlink", then NAME=value, each ended by a 0.
            Ok(_) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                told.push(text.split('\0').next().unwrap_or_default().to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    let want = ["bind@/devices/pci", "add@/bus/pci/drivers/lab_netlink", "add@/module/lab_netlink"];
    check!("uevents", told.len(), want.len());
    for (told, want) in told.iter().zip(want) {
        check!("uevent", told.starts_with(want), true);
        println!("1. uevent {told}");
    }
    Ok(())
}
