//! `kmods/transports/lab_transports.h` in Rust: what this lesson's programs and
//! the module have to agree on. What each request does is said there.

pub mod jobs;
mod netlink;

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

pub use netlink::{event, listen};

/// The device.
pub const DEVICE: &str = "/dev/lab_transports";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_transports.ko";
/// The module, as the kernel calls it; the family has the same name.
pub const MODULE: &CStr = c"lab_transports";

/// `LAB_TRANSPORTS_IOC`
pub const IOC: u8 = 0xee;

/// `LAB_TRANSPORTS_SIGNAL` and its sisters
pub const SIGNAL: u32 = 1;
pub const EVENTFD: u32 = 2;
pub const NETLINK: u32 = 3;
pub const QUEUE: u32 = 4;

/// `LAB_TRANSPORTS_RECORDS`
pub const RECORDS: usize = 512;

/// `struct lab_transports_choice`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    pub transport: u32,
    pub signal: u32,
    pub eventfd: i32,
    pub padding: u32,
}

/// `struct lab_transports_counters`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub interrupts: u32,
    pub accepted: u32,
    pub refused: u32,
    pub error: i32,
}

/// `struct lab_transports_record`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    pub number: u32,
    pub payload: u32,
    pub lost: u32,
}

impl Record {
    /// The size of the module's structure, which has a padding at its end.
    pub const SIZE: usize = 16;

    pub fn from_bytes(bytes: &[u8]) -> Record {
        let word = |at: usize| {
            let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            u32::from_ne_bytes(bytes)
        };
        Record { number: word(0), payload: word(4), lost: word(8) }
    }
}

nix::ioctl_write_ptr!(
    /// `LAB_TRANSPORTS_CHOOSE`
    choose, IOC, 1, Choice
);
nix::ioctl_write_ptr!(
    /// `LAB_TRANSPORTS_RAISE`
    raise, IOC, 2, u32
);
nix::ioctl_read!(
    /// `LAB_TRANSPORTS_COUNTERS`
    counters, IOC, 3, Counters
);

/// Loads the module, for interrupts by messages. By the wire, which the PIC has
/// to mask and unmask, each would take a seventh longer, and the lesson makes
/// 11,550. What it costs to tell of one is the same by either.
pub fn load() -> nix::Result<()> {
    steps::load(MODULE_FILE, c"msi=1")
}

pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK, Mode::empty())
}
