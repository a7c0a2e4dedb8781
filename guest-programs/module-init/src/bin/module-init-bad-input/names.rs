//! Modules that cannot be removed, and a user who may not.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;

use bad_input::{ended, start};
use marker::{check, mark};
use module_init::{NAME, found, load, remove};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module, init_module};
use nix::unistd::{Uid, setuid};

/// What is found of a module that is not there.
pub const NOTHING: [&str; 0] = [];

pub const MODULE: &CStr = c"lab_module_init";

/// An address at which this program has nothing: in the kernel's half.
pub const NOWHERE: usize = 0xffff_8000_0000_0000;

pub fn bad_names() -> io::Result<()> {
    mark!("bad names");
    check!("no name", remove(c""), Err(Errno::ENOENT));
    check!("not loaded", remove(MODULE), Err(Errno::ENOENT));
    // The file's name is not the module's: that is inside.
    check!("with a suffix", remove(c"lab_trace.ko"), Err(Errno::ENOENT));
    let long = CString::new("x".repeat(100))?;
    check!("a long name", remove(&long), Err(Errno::ENOENT));
    load(c"")?;
    let file = File::open(format!("/dev/{NAME}"))?;
    // Forced removal is a choice at the kernel's build, and ours is against it.
    let force = DeleteModuleFlags::O_NONBLOCK | DeleteModuleFlags::O_TRUNC;
    check!("by force", delete_module(MODULE, force), Err(Errno::EWOULDBLOCK));
    // Without O_NONBLOCK the call does not wait either.
    let wait = DeleteModuleFlags::empty();
    check!("waiting", delete_module(MODULE, wait), Err(Errno::EWOULDBLOCK));
    drop(file);
    check!("removal", remove(MODULE), Ok(()));
    Ok(())
}

pub fn without_permission() -> io::Result<()> {
    mark!("without permission");
    let child = start(|| {
        setuid(Uid::from_raw(1000))?;
        check!("loading", load(c""), Err(Errno::EPERM));
        check!("loading an image", init_module(b"", c""), Err(Errno::EPERM));
        check!("removal", remove(MODULE), Err(Errno::EPERM));
        Ok(())
    })?;
    check!("child", ended(child)?, Ok(()));
    check!("found", found()?, NOTHING);
    Ok(())
}
