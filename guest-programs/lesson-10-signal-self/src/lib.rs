//! `kmods/signal_self/lab_signal_self.h` in Rust: what this lesson's programs
//! and the module have to agree on. What each request does is said there.

/// The device.
pub const DEVICE: &str = "/dev/lab_signal_self";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_signal_self.ko";
/// The module, as the kernel calls it.
pub const MODULE: &std::ffi::CStr = c"lab_signal_self";

/// `LAB_SIGNAL_SELF_IOC`
pub const IOC: u8 = 0xef;

/// The cause of an interrupt that is a wake-up.
pub const CAUSE_WAKE: u32 = 0x1;

/// `LAB_SIGNAL_SELF_GO_ON`
pub const GO_ON: u32 = 0;
/// `LAB_SIGNAL_SELF_ASK`
pub const ASK: u32 = 1;
/// `LAB_SIGNAL_SELF_SLEEP`
pub const SLEEP: u32 = 2;

/// `struct lab_signal_self_send`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Send {
    pub signal: u32,
    pub then: u32,
    pub result: i32,
    pub padding: u32,
}

/// `LAB_SIGNAL_SELF_RESTARTSYS`
pub const RESTARTSYS: u32 = 0;
/// `LAB_SIGNAL_SELF_RESTARTNOINTR`
pub const RESTARTNOINTR: u32 = 1;
/// `LAB_SIGNAL_SELF_RESTARTNOHAND`
pub const RESTARTNOHAND: u32 = 2;
/// `LAB_SIGNAL_SELF_RESTARTBLOCK`
pub const RESTARTBLOCK: u32 = 3;

/// `struct lab_signal_self_target`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub signal: u32,
    pub restart: u32,
}

nix::ioctl_write_ptr!(
    /// `LAB_SIGNAL_SELF_SEND`
    send, IOC, 1, Send
);
nix::ioctl_write_ptr!(
    /// `LAB_SIGNAL_SELF_REGISTER`
    register, IOC, 2, Target
);
nix::ioctl_none!(
    /// `LAB_SIGNAL_SELF_RAISE_LATER`
    raise_later, IOC, 3
);
