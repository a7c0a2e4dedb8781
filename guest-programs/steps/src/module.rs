//! A kernel module: finit_module(2) and delete_module(2).

use std::ffi::CStr;
use std::os::fd::AsFd;

use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::sys::stat::Mode;

/// Loads a module from its `.ko`, with parameters such as `c"msi=1"`.
///
/// # Errors
/// Those of open(2) and finit_module(2), and what the module's init returns.
pub fn load(file: &str, params: &CStr) -> nix::Result<()> {
    let file = open(file, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), params, ModuleInitFlags::empty())
}

/// Removes a module, unless it is in use.
///
/// # Errors
/// Those of delete_module(2): EWOULDBLOCK while it is in use.
pub fn remove(module: &CStr) -> nix::Result<()> {
    delete_module(module, DeleteModuleFlags::O_NONBLOCK)
}
