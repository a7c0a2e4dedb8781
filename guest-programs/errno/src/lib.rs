//! `kmods/errno/lab_errno.h` in Rust: what this lesson's programs and the module
//! have to agree on. What each request does is said there.

use std::sync::atomic::{AtomicI64, AtomicU32};

/// The device.
pub const DEVICE: &str = "/dev/lab_errno";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_errno.ko";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_errno";

/// `LAB_ERRNO_IOC`
pub const IOC: u8 = 0xf0;

/// `LAB_ERRNO_ROOM`
pub const ROOM: usize = 8;

/// `struct lab_errno_answer`. A handler may change it while the ioctl that was
/// given it is interrupted, hence the atomics. They have the layout of i64, u32.
#[repr(C)]
pub struct Answer {
    pub value: AtomicI64,
    pub signal: AtomicU32,
    pub padding: AtomicU32,
}

nix::ioctl_write_ptr!(
    /// `LAB_ERRNO_ANSWER`
    answer, IOC, 1, Answer
);
nix::ioctl_none!(
    /// `LAB_ERRNO_CLAIM`
    claim, IOC, 2
);
