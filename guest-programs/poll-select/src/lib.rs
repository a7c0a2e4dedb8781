//! `kmods/poll_select/lab_poll_select.h` in Rust: what this lesson's programs
//! and the module have to agree on. What read, write and poll mean is said
//! there.

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{read, write};

/// The device.
pub const DEVICE: &str = "/dev/lab_poll_select";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_poll_select.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_poll_select";

/// `LAB_POLL_SELECT_IOC`
pub const IOC: u8 = 0xee;

/// A cause that poll reports as POLLIN, as it does all but the next.
pub const ORDINARY: u32 = 0x1;
/// `LAB_POLL_SELECT_URGENT`: poll reports it as POLLPRI.
pub const URGENT: u32 = 0x2;

/// The request as the kernel takes it.
mod request {
    nix::ioctl_none!(
        /// `LAB_POLL_SELECT_RAISE_LATER`
        raise_later, super::IOC, 1
    );
}

/// Opens the device.
pub fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(DEVICE, flags | OFlag::O_CLOEXEC, Mode::empty())
}

/// Has edu interrupt: at once, and therefore the caller.
pub fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    write(device, &causes.to_ne_bytes()).map(drop)
}

/// Has edu interrupt in 100 ms.
pub fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise_later(device.as_raw_fd()) }.map(drop)
}

/// Reads the causes that have come since they were last read.
pub fn causes(device: &OwnedFd) -> nix::Result<u32> {
    let mut causes = [0; 4];
    read(device, &mut causes)?;
    Ok(u32::from_ne_bytes(causes))
}
