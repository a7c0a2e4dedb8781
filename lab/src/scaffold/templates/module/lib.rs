//! `kmods/@topic@/lab_@topic@.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.

/// The device.
pub const DEVICE: &str = "/dev/lab_@topic@";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_@topic@";

/// `LAB_@TOPIC@_IOC`
pub const IOC: u8 = 0xed;

nix::ioctl_none!(
    /// `LAB_@TOPIC@_RAISE_LATER`
    raise_later, IOC, 1
);
