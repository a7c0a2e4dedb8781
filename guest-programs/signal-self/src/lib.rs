//! `kmods/signal_self/lab_signal_self.h` in Rust: what this lesson's programs
//! and the module have to agree on. What each request does is said there.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::{read, write};

/// The device.
pub const DEVICE: &str = "/dev/lab_signal_self";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_signal_self.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_signal_self";

/// `LAB_SIGNAL_SELF_IOC`
pub const IOC: u8 = 0xef;

/// The cause of an interrupt that is a wake-up.
pub const CAUSE_WAKE: u32 = 0x1;
/// The cause of an interrupt that sends the registered signal.
pub const CAUSE_SIGNAL: u32 = 0x100;

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

/// What this lesson has the ioctl return when it runs to its end.
pub const RESULT: i32 = 1234;

impl Send {
    /// A signal, then GO_ON, ASK or SLEEP, then RESULT.
    pub fn new(signal: Signal, then: u32) -> Send {
        Send { signal: signal as u32, then, result: RESULT, padding: 0 }
    }
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

impl Target {
    /// A signal, and how it ends a read.
    pub fn new(signal: Signal, restart: u32) -> Target {
        Target { signal: signal as u32, restart }
    }
}

/// The requests as the kernel takes them, with pointers that may lead anywhere.
pub mod request {
    use super::{IOC, Send, Target};

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
}

/// Opens the device.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
}

/// Has the module send this process a signal, and returns what it says.
pub fn send(device: &OwnedFd, send: Send) -> nix::Result<i32> {
    // SAFETY: the module reads one Send, which lives through the call.
    unsafe { request::send(device.as_raw_fd(), &send) }
}

/// Registers this process, in the place of whoever is registered.
pub fn register(device: &OwnedFd, target: Target) -> nix::Result<()> {
    // SAFETY: the module reads one Target, which lives through the call.
    unsafe { request::register(device.as_raw_fd(), &target) }.map(drop)
}

/// Has edu interrupt in 100 ms.
pub fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise_later(device.as_raw_fd()) }.map(drop)
}

/// Has edu interrupt now, with these causes.
pub fn raise(device: impl AsFd, causes: u32) -> nix::Result<()> {
    write(device, &causes.to_ne_bytes()).map(drop)
}

/// Has edu interrupt now, for a wake-up.
pub fn wake(device: impl AsFd) -> nix::Result<()> {
    raise(device, CAUSE_WAKE)
}

/// Reads the number of wake-ups, and sleeps until there is one.
pub fn wake_ups(device: &OwnedFd) -> nix::Result<u32> {
    let mut count = [0; 4];
    read(device, &mut count)?;
    Ok(u32::from_ne_bytes(count))
}
