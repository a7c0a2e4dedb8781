//! `kmods/sigio/lab_sigio.h` in Rust: what this lesson's programs and the module have to
//! agree on, and the requests of fcntl(2) that nix does not have.

pub mod owner;

use std::ffi::CStr;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc::c_int;
use nix::sys::stat::Mode;
use nix::unistd::read;

/// The device.
pub const DEVICE: &str = "/dev/lab_sigio";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_sigio.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_sigio";

/// The signal that this lesson chooses by F_SETSIG, SIGRTMIN + 10. A real-time signal is
/// queued, one for each interrupt.
pub const SIGNAL: c_int = 44;

/// `LAB_SIGIO_IOC`
pub const IOC: u8 = 0xf1;

/// A cause like any other: poll says POLLIN.
pub const CAUSE: u32 = 0x1;
/// `LAB_SIGIO_URGENT`
pub const URGENT: u32 = 0x2;

/// `struct lab_sigio_news`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    pub interrupts: u32,
    pub causes: u32,
}

/// The requests as the kernel takes them, with pointers that may lead anywhere.
pub mod request {
    use super::IOC;

    nix::ioctl_write_ptr!(
        /// `LAB_SIGIO_RAISE`
        raise, IOC, 1, u32
    );
    nix::ioctl_none!(
        /// `LAB_SIGIO_RAISE_LATER`
        raise_later, IOC, 2
    );
}

/// Opens the device. A read does not wait.
pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())
}

/// Whether the file asks for signals, by F_SETFL, which leaves it O_NONBLOCK.
pub fn set_async(file: &impl AsFd, on: bool) -> nix::Result<()> {
    let wish = if on { OFlag::O_ASYNC } else { OFlag::empty() };
    fcntl(file, FcntlArg::F_SETFL(OFlag::O_NONBLOCK | wish)).map(drop)
}

/// Whether F_GETFL says O_ASYNC.
pub fn is_async(file: &impl AsFd) -> nix::Result<bool> {
    let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
    Ok(flags.contains(OFlag::O_ASYNC))
}

/// Has edu interrupt now, which falls on the caller in its ioctl. With one processor,
/// the interrupt handler has run before the next system call.
pub fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { request::raise(device.as_raw_fd(), &causes) }.map(drop)
}

/// Has edu interrupt in 100 ms.
pub fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { request::raise_later(device.as_raw_fd()) }.map(drop)
}

/// The interrupts since the last read.
pub fn news(device: &OwnedFd) -> nix::Result<News> {
    let mut bytes = [0; size_of::<News>()];
    match read(device, &mut bytes)? {
        8 => {
            let [interrupts, causes] = [&bytes[..4], &bytes[4..]]
                .map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]));
            Ok(News { interrupts, causes })
        }
        _ => Err(Errno::EIO),
    }
}
