//! Names of this process, by which the lesson chooses the system calls to trace.

use std::ffi::CStr;

use nix::sys::prctl::{get_name, set_name};

/// Does something under another name.
pub fn with<T>(name: &CStr, work: impl FnOnce() -> T) -> nix::Result<T> {
    let own_name = get_name()?;
    set_name(name)?;
    let result = work();
    set_name(&own_name)?;
    Ok(result)
}
