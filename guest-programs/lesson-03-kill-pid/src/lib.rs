//! `kmods/kill_pid/lab_kill_pid.h` in Rust: what this lesson's programs and the
//! module have to agree on. What each request does is said there.
//!
//! A request's number contains the size of its structure, so that one which
//! does not fit the module's is answered with ENOTTY, not with rubbish.

/// The device.
pub const DEVICE: &str = "/dev/lab_kill_pid";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_kill_pid.ko";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_kill_pid";

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

/// `struct lab_kill_pid_counters`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub interrupts: u32,
    pub causes: u32,
    pub signals: u32,
    pub result: i32,
}

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
