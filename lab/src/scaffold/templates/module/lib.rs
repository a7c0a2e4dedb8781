//! `kmods/@topic@/lab_@topic@.h` in Rust: what this lesson's programs and the
//! module must agree on. The header says what each request does.

/// The device.
pub const DEVICE: &str = "/dev/lab_@topic@";
/// The kernel's name for the module.
pub const MODULE: &std::ffi::CStr = c"lab_@topic@";

/// `LAB_@TOPIC@_IOC`
pub const IOC: u8 = 0xed;

nix::ioctl_none!(
    /// `LAB_@TOPIC@_RAISE_LATER`
    raise_later, IOC, 1
);
