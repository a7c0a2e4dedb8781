//! `kmods/eventfd/lab_eventfd.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.

/// The device.
pub const DEVICE: &str = "/dev/lab_eventfd";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_eventfd.ko";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_eventfd";

/// `LAB_EVENTFD_IOC`
pub const IOC: u8 = 0xee;

/// `LAB_EVENTFD_CONTEXT`
pub const CONTEXT: u32 = 0;
/// `LAB_EVENTFD_NUMBER`
pub const NUMBER: u32 = 1;

/// `struct lab_eventfd_target`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub fd: i32,
    pub causes: u32,
    pub remember: u32,
    pub padding: u32,
}

/// `struct lab_eventfd_counters`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub interrupts: u32,
    pub causes: u32,
    pub signals: u32,
    pub result: i32,
}

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
