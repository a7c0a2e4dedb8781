//! `kmods/siginfo/lab_siginfo.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.
//!
//! A request's number contains the size of its structure, so that one which
//! does not fit the module's is answered with ENOTTY, not with rubbish.

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::libc::c_int;
use nix::sys::stat::Mode;

/// The device.
pub const DEVICE: &str = "/dev/lab_siginfo";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_siginfo.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_siginfo";

/// The advice's signal, SIGRTMIN + 10, and its value.
pub const SIGNAL: c_int = 44;
pub const VALUE: i32 = 1234;

/// `LAB_SIGINFO_IOC`
pub const IOC: u8 = 0xef;

/// `LAB_SIGINFO_QUEUE`
pub const QUEUE: u32 = 0;
/// `LAB_SIGINFO_KERNEL`
pub const KERNEL: u32 = 1;
/// `LAB_SIGINFO_KILL_PID`
pub const KILL_PID: u32 = 2;

/// `struct lab_siginfo_target`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub signal: u32,
    pub send: u32,
    pub value: i32,
    pub padding: u32,
}

impl Target {
    /// What this lesson registers unless it says otherwise: kill_pid takes no value.
    pub fn sent_by(send: u32) -> Target {
        let value = if send == KILL_PID { 0 } else { VALUE };
        Target { signal: SIGNAL as u32, send, value, padding: 0 }
    }
}

/// By send_sig_info with SI_QUEUE, as the advice has it.
impl Default for Target {
    fn default() -> Target {
        Target::sent_by(QUEUE)
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
        /// `LAB_SIGINFO_REGISTER`
        register, IOC, 1, Target
    );
    nix::ioctl_none!(
        /// `LAB_SIGINFO_UNREGISTER`
        unregister, IOC, 2
    );
    nix::ioctl_none!(
        /// `LAB_SIGINFO_RAISE`
        raise, IOC, 3
    );
    nix::ioctl_none!(
        /// `LAB_SIGINFO_RAISE_LATER`
        raise_later, IOC, 4
    );
    nix::ioctl_read!(
        /// `LAB_SIGINFO_COUNTERS`
        counters, IOC, 5, Counters
    );
}

/// Opens the device.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
}

/// Registers this thread, or with KILL_PID this process.
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
