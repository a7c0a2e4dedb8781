//! Calls about what the kernel does not know, so that it asks for a module.

use nix::mount::{MsFlags, mount};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// Mounts a file system of a type that there is not.
pub fn file_system() -> nix::Result<()> {
    let nothing: Option<&str> = None;
    mount(nothing, "/tmp", Some("nosuch"), MsFlags::empty(), nothing)
}

/// Makes a socket of family 31. This kernel is built without Bluetooth.
pub fn family() -> nix::Result<()> {
    socket(AddressFamily::Bluetooth, SockType::Stream, SockFlag::empty(), None).map(drop)
}
