//! An open file of the module's device, and what it is told.

use std::os::fd::OwnedFd;

use marker::mark;
use nix::libc::c_int;
use nix::unistd::Pid;
use sigio::{open_device, owner, set_async};

/// Opens the device for an owner, who is to get this signal. That it is not there is the
/// student's doing.
pub fn open(to: Pid, signal: c_int) -> nix::Result<Option<OwnedFd>> {
    let file = match open_device() {
        Ok(file) => file,
        Err(error) => {
            mark!("the device cannot be opened: {}", error);
            return Ok(None);
        }
    };
    owner::set(&file, to)?;
    owner::set_signal(&file, signal)?;
    Ok(Some(file))
}

/// Tells the file to be O_ASYNC, or not to be; whether that succeeds is the student's
/// doing, too.
pub fn wish(file: &OwnedFd, on: bool) -> String {
    match set_async(file, on) {
        Ok(()) => "succeeds".to_owned(),
        Err(error) => format!("fails: {error:?}"),
    }
}
