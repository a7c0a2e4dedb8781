//! `kmods/mapped_ring/lab_mapped_ring.h` in Rust: what this lesson's programs and the
//! module have to agree on.

mod ring;

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

pub use ring::{FIRST, Page, RECORDS, Record, Ring};

/// The device.
pub const DEVICE: &str = "/dev/lab_mapped_ring";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_mapped_ring.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_mapped_ring";

/// `LAB_MAPPED_RING_IOC`
pub const IOC: u8 = 0xf2;

/// The requests as the kernel takes them, with pointers that may lead anywhere.
pub mod request {
    use super::IOC;

    nix::ioctl_write_ptr!(
        /// `LAB_MAPPED_RING_DOORBELL`
        doorbell, IOC, 1, i32
    );
    nix::ioctl_write_ptr!(
        /// `LAB_MAPPED_RING_RAISE`
        raise, IOC, 2, u32
    );
    nix::ioctl_none!(
        /// `LAB_MAPPED_RING_RAISE_LATER`
        raise_later, IOC, 3
    );
}

/// Opens the device, and so makes a ring.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
}

/// Registers the eventfd that is to wake a sleeper.
pub fn set_doorbell(device: &OwnedFd, bell: &impl AsFd) -> nix::Result<()> {
    // SAFETY: the module reads one number, which lives through the call.
    unsafe { request::doorbell(device.as_raw_fd(), &bell.as_fd().as_raw_fd()) }.map(drop)
}

/// Has edu interrupt now, which falls on the caller in its ioctl. With one processor, the
/// interrupt handler has run before the next system call.
pub fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { request::raise(device.as_raw_fd(), &causes) }.map(drop)
}

/// Has edu interrupt in 100 ms.
pub fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise_later(device.as_raw_fd()) }.map(drop)
}
