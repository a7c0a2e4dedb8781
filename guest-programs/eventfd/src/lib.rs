//! `kmods/eventfd/lab_eventfd.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::stat::Mode;

/// The device.
pub const DEVICE: &str = "/dev/lab_eventfd";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_eventfd.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_eventfd";

/// `LAB_EVENTFD_IOC`
pub const IOC: u8 = 0xee;

/// `LAB_EVENTFD_CONTEXT`
pub const CONTEXT: u32 = 0;
/// `LAB_EVENTFD_NUMBER`
pub const NUMBER: u32 = 1;

/// Causes are bits, of which the driver chooses all but one: what edu raises when a
/// transfer ends, and so what `LAB_EVENTFD_RAISE_LATER` raises.
pub const CAUSE_DMA: u32 = 0x100;
pub const CAUSE_1: u32 = 0x1;
pub const CAUSE_2: u32 = 0x2;
const ANY_CAUSE: u32 = !0;

/// `struct lab_eventfd_target`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub fd: i32,
    pub causes: u32,
    pub remember: u32,
    pub padding: u32,
}

impl Target {
    /// What this lesson registers unless it says otherwise.
    pub fn of(eventfd: &impl AsRawFd) -> Target {
        Target { fd: eventfd.as_raw_fd(), causes: ANY_CAUSE, remember: CONTEXT, padding: 0 }
    }
}

/// `struct lab_counters`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub interrupts: u32,
    pub causes: u32,
    pub signals: u32,
    pub result: i32,
}

/// The requests as the kernel takes them, with pointers that may lead anywhere.
pub mod request {
    use super::{Counters, IOC, Target};

    nix::ioctl_write_ptr!(
        /// `LAB_EVENTFD_REGISTER`
        register, IOC, 1, Target
    );
    nix::ioctl_none!(
        /// `LAB_EVENTFD_UNREGISTER`
        unregister, IOC, 2
    );
    nix::ioctl_write_ptr!(
        /// `LAB_EVENTFD_RAISE`
        raise, IOC, 3, u32
    );
    nix::ioctl_none!(
        /// `LAB_EVENTFD_RAISE_LATER`
        raise_later, IOC, 4
    );
    nix::ioctl_read!(
        /// `LAB_EVENTFD_COUNTERS`
        counters, IOC, 5, Counters
    );
}

/// Makes an eventfd whose read does not wait.
pub fn new_eventfd() -> nix::Result<EventFd> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
}

/// Opens the device.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
}

/// Registers this process's eventfd.
pub fn register(device: &OwnedFd, target: Target) -> nix::Result<()> {
    // SAFETY: the module reads one Target, which lives through the call.
    unsafe { request::register(device.as_raw_fd(), &target) }.map(drop)
}

/// Ends the registration.
pub fn unregister(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::unregister(device.as_raw_fd()) }.map(drop)
}

/// Has edu interrupt now, with these causes.
pub fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { request::raise(device.as_raw_fd(), &causes) }.map(drop)
}

/// Has edu interrupt in 100 ms.
pub fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise_later(device.as_raw_fd()) }.map(drop)
}

/// What interrupts have done.
pub fn counters(device: &OwnedFd) -> nix::Result<Counters> {
    let mut counters = Counters::default();
    // SAFETY: the module writes one Counters, any content of which is valid.
    unsafe { request::counters(device.as_raw_fd(), &mut counters) }?;
    Ok(counters)
}
