//! A module that is in use cannot be removed. It is the file operations' `.owner`
//! that counts, and the symbols that another module uses.

use std::io;

use errno as lab;
use marker::{check, scene};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::dup;
use steps::{load, remove};

use crate::device::{open_device, use_count};

pub fn run() -> io::Result<()> {
    scene!("11. delete_module, in use and not");
    check!("use count", use_count()?, 0);
    let device = open_device(OFlag::O_RDWR)?;
    let copy = dup(&device)?;
    let other = open_device(OFlag::O_RDWR)?;
    // One for each open, not for each descriptor.
    check!("use count", use_count()?, 2);
    let error = remove(lab::MODULE).expect_err("its device is open");
    check!("removal, in use", error, Errno::EWOULDBLOCK);
    println!("11. use count 2, remove: {error}");
    drop((device, copy, other));
    check!("use count", use_count()?, 0);

    // Used by lab_errno, for its trace event.
    let error = remove(c"lab_trace").expect_err("another module needs it");
    check!("removal, needed", error, Errno::EWOULDBLOCK);
    println!("    needed by a module:  {error}");

    check!("removal, not in use", remove(lab::MODULE), Ok(()));
    let error = remove(lab::MODULE).expect_err("it is gone");
    check!("removal, gone", error, Errno::ENOENT);
    println!("    use count 0, remove: done; once more: {error}");

    let error = remove(c"lab_trace").expect_err("it has no module_exit");
    check!("removal, no exit", error, Errno::EBUSY);
    println!("    without module_exit: {error}");

    check!("loading", load(lab::MODULE_FILE, c""), Ok(()));
    let error = load(lab::MODULE_FILE, c"").expect_err("it is there");
    check!("loading twice", error, Errno::EEXIST);
    println!("    loaded twice:        {error}");
    Ok(())
}
