//! The owner of the device, and the users that may open it.

use std::ffi::CStr;
use std::io;

use bad_input::{by_a_user, remove, start};
use errno as lab;
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup, read, write};

use crate::device::{answer, claim, open_device};

pub fn claims() -> io::Result<()> {
    mark!("claims");
    let (device, other) = (open_device(OFlag::empty())?, open_device(OFlag::empty())?);
    check!("claim", claim(&device), Ok(0));
    check!("once more", claim(&device), Ok(0));
    let copy = dup(&device)?;
    check!("by a copy", claim(&copy), Ok(0));
    drop(device);
    check!("while a copy is open", claim(&other), Err(Errno::EBUSY));
    drop(copy);
    check!("after the last close", claim(&other), Ok(0));
    drop(other);

    // By exit and by SIGKILL.
    let child = start(|| claim(&open_device(OFlag::empty())?).map(drop))?;
    check!("a child that exits", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    let child = start(|| {
        let own = open_device(OFlag::empty())?;
        claim(&own)?;
        // Does not return.
        let _ = answer(&own, 0, Signal::SIGKILL as u32, 0);
        Ok(())
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("a child that is killed", waitpid(child, None)?, killed);
    check!("claim after both", claim(&open_device(OFlag::empty())?), Ok(0));
    Ok(())
}

pub fn only_root_may() -> io::Result<()> {
    mark!("only root may open it, or remove it");
    let open = by_a_user(|| open_device(OFlag::empty()).map(drop))?;
    check!("open by user 1000", open, Err(Errno::EACCES));
    check!("removal by user 1000", by_a_user(|| remove(lab::MODULE))?, Err(Errno::EPERM));
    Ok(())
}

pub fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let device = open_device(OFlag::O_NONBLOCK)?;
    check!("write", write(&device, b"x"), Ok(1));
    check!("removal", remove(lab::MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    check!("read all the same", read(&device, &mut [0]), Ok(1));
    check!("write", write(&device, b"x"), Ok(1));
    drop(device);
    check!("removal when closed", remove(lab::MODULE), Ok(()));
    check!("removal of what is not there", remove(lab::MODULE), Err(Errno::ENOENT));
    check!("the device afterwards", open_device(OFlag::empty()).err(), Some(Errno::ENOENT));
    load(c"")?;
    let device = open_device(OFlag::O_NONBLOCK)?;
    check!("a new queue", read(&device, &mut [0]), Err(Errno::EAGAIN));
    Ok(())
}

pub fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}
