//! Loads and removes the student's kernel module, and marks the result. If the
//! module does not load, that is not a failure of the harness: it marks that and
//! goes on as far as it can.

use std::ffi::CStr;
use std::os::fd::AsFd;
use std::{fs, io};

use marker::mark;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::sys::stat::Mode;
use protocol::GuestFile;

/// Loads `/lab/NAME.ko` and marks that: `the module is loaded`, or `the module
/// does not load: EBUSY`. The error is finit_module's.
pub fn load(name: &str, params: &CStr) -> nix::Result<()> {
    let path = GuestFile::of_module(name).path();
    let file = open(path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let loaded = finit_module(file.as_fd(), params, ModuleInitFlags::empty());
    match loaded {
        Ok(()) => mark!("the module is loaded"),
        Err(error) => mark!("the module does not load: {}", error),
    }
    loaded
}

/// Removes the module and marks that: `the module is removed`, or `the module
/// stays: EWOULDBLOCK`.
pub fn remove(name: &CStr) -> nix::Result<()> {
    let removed = delete_module(name, DeleteModuleFlags::O_NONBLOCK);
    match removed {
        Ok(()) => mark!("the module is removed"),
        Err(Errno::EWOULDBLOCK) => mark!("the module stays: EWOULDBLOCK"),
        Err(error) => mark!("the module stays: {}", error),
    }
    removed
}

/// Whether the kernel has warned since it started (WARN(), scheduling while atomic:
/// `TAINT_WARN`), for example of a reference put too often, or of an object deleted while
/// in use.
pub fn kernel_warned() -> io::Result<bool> {
    const TAINT_WARN: u64 = 1 << 9;
    let tainted = fs::read_to_string("/proc/sys/kernel/tainted")?;
    let tainted: u64 = tainted.trim().parse().map_err(io::Error::other)?;
    Ok(tainted & TAINT_WARN != 0)
}

/// Marks what the kernel thinks of the module when the run is over: `the kernel has
/// reported no bug`, or `the kernel has reported a bug`.
pub fn mark_reports() -> io::Result<()> {
    match kernel_warned()? {
        false => mark!("the kernel has reported no bug"),
        true => mark!("the kernel has reported a bug"),
    }
    Ok(())
}
