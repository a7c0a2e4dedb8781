//! The device file of the module.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;

use marker::{check, mark};
use module_init::{NAME, edu, found, remove};
use nix::errno::Errno;
use nix::libc;

use crate::names::NOTHING;
use crate::names::{MODULE, NOWHERE};

pub fn bad_use_of_the_file() -> io::Result<()> {
    mark!("bad use of the file");
    let path = format!("/dev/{NAME}");
    let mut file = File::options().read(true).write(true).open(&path)?;
    let fd = file.as_raw_fd();
    let error = |result: io::Result<usize>| result.err().and_then(|e| e.raw_os_error());
    check!("write", error(file.write(b"x")), Some(libc::EINVAL));
    // SAFETY: no memory is involved, or none that is ours: the kernel finds
    // out that there is nothing at the address.
    unsafe {
        check!("ioctl", Errno::result(libc::ioctl(fd, 1)), Err(Errno::ENOTTY));
        let result = libc::syscall(libc::SYS_read, fd, NOWHERE, 6);
        check!("read to nowhere", Errno::result(result), Err(Errno::EFAULT));
    }
    let mut text = [0; 4];
    check!("a short read", file.read(&mut text)?, 4);
    check!("the rest", file.read(&mut text)?, 2);
    check!("the end", file.read(&mut text)?, 0);
    check!("reading nothing", file.read(&mut [])?, 0);
    Ok(())
}

/// The open file outlives the device, and the module holds.
pub fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while the file is open");
    let mut file = File::open(format!("/dev/{NAME}"))?;
    fs::write(edu()?.join("remove"), "1")?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    check!("text", text, "hello\n");
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("removal while open", remove(MODULE), Err(Errno::EWOULDBLOCK));
    drop(file);
    check!("removal", remove(MODULE), Ok(()));
    check!("found", found()?, NOTHING);
    Ok(())
}
