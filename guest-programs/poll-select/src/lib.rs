//! `kmods/poll_select/lab_poll_select.h` in Rust: what this lesson's programs
//! and the module have to agree on. What read, write and poll mean is said
//! there.

/// The device.
pub const DEVICE: &str = "/dev/lab_poll_select";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_poll_select.ko";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_poll_select";

/// `LAB_POLL_SELECT_IOC`
pub const IOC: u8 = 0xee;

/// A cause that poll reports as POLLIN, as it does all but the next.
pub const ORDINARY: u32 = 0x1;
/// `LAB_POLL_SELECT_URGENT`: poll reports it as POLLPRI.
pub const URGENT: u32 = 0x2;

nix::ioctl_none!(
    /// `LAB_POLL_SELECT_RAISE_LATER`
    raise_later, IOC, 1
);
