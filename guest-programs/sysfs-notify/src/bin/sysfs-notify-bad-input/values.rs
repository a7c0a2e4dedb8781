//! Values that an attribute does not take, pointers to nowhere, and files that may not be
//! opened.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use bad_input::{by_a_user, nowhere};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::PollTimeout;
use nix::unistd::{Whence, lseek, read, write};
use sysfs_notify::attribute::open;
use sysfs_notify::{BY, INTERRUPTS, open_attribute, raise, raise_later, set};

use crate::{news, value};

pub fn run() -> io::Result<()> {
    who_may_open()?;
    values_that_are_none()?;
    bad_pointers()?;
    while_it_is_busy()
}

fn who_may_open() -> io::Result<()> {
    mark!("who may open");
    let to_write = |name| open_attribute(name, OFlag::O_WRONLY).map(drop);
    for name in [INTERRUPTS, "raise", "raise_later", BY] {
        let by_user = by_a_user(|| to_write(name))?;
        check!("to write, by user 1000", by_user, Err(Errno::EACCES));
    }
    check!("to read, by user 1000", by_a_user(|| open().map(drop))?, Ok(()));
    check!("to write what nobody may", to_write(BY), Err(Errno::EACCES));
    for name in ["raise", "raise_later"] {
        let by_root = open_attribute(name, OFlag::O_RDWR).map(drop);
        check!("to read what nobody may", by_root, Err(Errno::EACCES));
    }
    Ok(())
}

fn values_that_are_none() -> io::Result<()> {
    mark!("values that are none");
    let file = open()?;
    let before = value(&file)?;
    for text in ["many", "-1", "1 2", "\n", "0x", "1.5"] {
        check!(text, set("raise", text), Err(Errno::EINVAL));
        check!(text, set(INTERRUPTS, text), Err(Errno::EINVAL));
    }
    for text in ["4294967296", "99999999999999999999999999"] {
        check!(text, set("raise", text), Err(Errno::ERANGE));
        check!(text, set(INTERRUPTS, text), Err(Errno::ERANGE));
    }
    check!("no cause", set("raise", "0"), Err(Errno::EINVAL));
    check!("a page of digits", set("raise", &"1".repeat(4096)), Err(Errno::ERANGE));
    check!("nothing", set("raise", ""), Ok(()));
    check!("nothing was announced", news(&file, PollTimeout::ZERO), Err(Errno::EAGAIN));
    check!("nothing was counted", value(&file)?, before);

    check!("the largest", set(INTERRUPTS, "4294967295\n"), Ok(()));
    check!("all causes", set("raise", "0xffffffff"), Ok(()));
    check!("news", news(&file, PollTimeout::ZERO), Ok(()));
    check!("after the largest", value(&file)?, 0);
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let (file, to_raise) = (open()?, open_attribute("raise", OFlag::O_WRONLY)?);
    for from in nowhere::<[u8; 8]>()? {
        // SAFETY: the kernel finds out that there is nothing at the address; this
        // program does not touch it.
        let result = unsafe { libc::write(to_raise.as_raw_fd(), from.cast_const().cast(), 8) };
        check!("causes nowhere", Errno::result(result), Err(Errno::EFAULT));
    }
    check!("value", value(&file)?, 0);
    raise()?;
    for to in bad_input::NOWHERE {
        // SAFETY: as above.
        let to = std::ptr::without_provenance_mut::<libc::c_void>(to);
        let result = unsafe { libc::pread(file.as_raw_fd(), to, 8, 0) };
        check!("read to nowhere", Errno::result(result), Err(Errno::EFAULT));
    }
    // The module was asked, and that is what the kernel notes.
    check!("no news", news(&file, PollTimeout::ZERO), Err(Errno::EAGAIN));
    check!("value", value(&file)?, 1);
    positions(&file)
}

fn positions(file: &OwnedFd) -> io::Result<()> {
    check!("seek behind the end", lseek(file, 4096, Whence::SeekSet), Ok(4096));
    check!("read there", read(file, &mut [0; 8]), Ok(0));
    check!("seek before 0", lseek(file, -1, Whence::SeekSet), Err(Errno::EINVAL));
    check!("read nothing", read(file, &mut []), Ok(0));
    check!("write", write(file, b"1"), Err(Errno::EBADF));
    Ok(())
}

fn while_it_is_busy() -> io::Result<()> {
    mark!("while the device is busy");
    let file = open()?;
    value(&file)?;
    raise_later()?;
    check!("raise later", raise_later(), Err(Errno::EBUSY));
    check!("a sleeper in poll", news(&file, PollTimeout::NONE), Ok(()));
    check!("value", value(&file)?, 2);
    Ok(())
}
