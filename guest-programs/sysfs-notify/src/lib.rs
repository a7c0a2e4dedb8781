//! What this lesson's programs and the module have to agree on: names, and what a write
//! to each attribute does. `kmods/sysfs_notify/lab_sysfs_notify.c` says it at its top.

pub mod attribute;

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::write;

/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_sysfs_notify.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_sysfs_notify";

/// The folder of the edu device, while the module drives it.
pub const FOLDER: &str = "/sys/bus/pci/drivers/lab_sysfs_notify/0000:00:04.0";

/// The attribute that is announced.
pub const INTERRUPTS: &str = "interrupts";
/// One that never is.
pub const BY: &str = "by";

/// Opens an attribute of the device.
pub fn open_attribute(name: &str, access: OFlag) -> nix::Result<OwnedFd> {
    open(format!("{FOLDER}/{name}").as_str(), access | OFlag::O_CLOEXEC, Mode::empty())
}

/// Writes to an attribute.
pub fn set(name: &str, value: &str) -> nix::Result<()> {
    write(open_attribute(name, OFlag::O_WRONLY)?, value.as_bytes()).map(drop)
}

/// Has edu interrupt now, which falls on the caller in its write. With one processor, the
/// interrupt handler has run before the next system call.
pub fn raise() -> nix::Result<()> {
    set("raise", "1")
}

/// Has edu interrupt in 100 ms.
pub fn raise_later() -> nix::Result<()> {
    set("raise_later", "1")
}
