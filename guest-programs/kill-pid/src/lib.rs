//! `kmods/kill_pid/lab_kill_pid.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.
//!
//! A request's number contains the size of its structure, so that one which
//! does not fit the module's is answered with ENOTTY, not with rubbish.

mod fork;

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::libc::c_int;
use nix::sys::stat::Mode;

pub use fork::{fork, start_impostor};

/// The device.
pub const DEVICE: &str = "/dev/lab_kill_pid";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_kill_pid.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_kill_pid";

/// The lesson's signal, SIGRTMIN + 10. A real-time signal is queued, one for each
/// interrupt.
pub const SIGNAL: c_int = 44;

/// `LAB_KILL_PID_IOC`
pub const IOC: u8 = 0xed;

/// `LAB_KILL_PID_REFERENCE`
pub const REFERENCE: u32 = 0;
/// `LAB_KILL_PID_NUMBER`
pub const NUMBER: u32 = 1;

/// `struct lab_kill_pid_target`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub signal: u32,
    /// `priv`, which Rust keeps as a word for itself.
    pub privileged: u32,
    pub remember: u32,
    pub padding: u32,
}

/// What a process of this lesson registers unless it says otherwise.
impl Default for Target {
    fn default() -> Target {
        Target { signal: SIGNAL as u32, privileged: 1, remember: REFERENCE, padding: 0 }
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
        /// `LAB_KILL_PID_REGISTER`
        register, IOC, 1, Target
    );
    nix::ioctl_none!(
        /// `LAB_KILL_PID_UNREGISTER`
        unregister, IOC, 2
    );
    nix::ioctl_none!(
        /// `LAB_KILL_PID_RAISE`
        raise, IOC, 3
    );
    nix::ioctl_none!(
        /// `LAB_KILL_PID_RAISE_LATER`
        raise_later, IOC, 4
    );
    nix::ioctl_read!(
        /// `LAB_KILL_PID_COUNTERS`
        counters, IOC, 5, Counters
    );
}

/// Opens the device.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
}

/// Registers this process.
pub fn register(device: &OwnedFd, target: Target) -> nix::Result<()> {
    // SAFETY: the module reads one Target, which lives through the call.
    unsafe { request::register(device.as_raw_fd(), &target) }.map(drop)
}

/// Ends the registration.
pub fn unregister(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::unregister(device.as_raw_fd()) }.map(drop)
}

/// Has edu interrupt now.
pub fn raise(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise(device.as_raw_fd()) }.map(drop)
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
