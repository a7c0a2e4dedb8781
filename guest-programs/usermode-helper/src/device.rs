//! A device file: mknod(2), open(2).

use std::fs::{self, File};
use std::io;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

/// Makes a device file, opens it, and removes it.
pub fn open(major: u64, minor: u64) -> io::Result<File> {
    const FILE: &str = "/tmp/device";
    mknod(FILE, SFlag::S_IFCHR, Mode::S_IRUSR, makedev(major, minor))?;
    let opened = File::open(FILE);
    fs::remove_file(FILE)?;
    opened
}
