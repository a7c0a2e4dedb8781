//! Not every refusal is the driver's. These calls never reach it: `vfs_write`
//! (fs/read_write.c), for one, refuses a file that was opened for reading.

use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::stat::Mode;
use nix::sys::uio::pread;
use nix::unistd::{Whence, lseek, write};

use crate::device::{PAGE, open_device};

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    let read_only = open_device(OFlag::O_RDONLY)?;
    scene!("6. calls that do not reach the driver");
    check!("write, opened for reading", write(&read_only, b"x"), Err(Errno::EBADF));
    check!("lseek on a stream", lseek(device, 0, Whence::SeekSet), Err(Errno::ESPIPE));
    check!("pread of a stream", pread(device, &mut [0], 0), Err(Errno::ESPIPE));
    let length = PAGE.try_into().expect("not zero");
    // SAFETY: a new mapping, if any, harms nobody.
    let mapping =
        unsafe { mmap(None, length, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, device, 0) };
    check!("mmap without .mmap", mapping.err(), Some(Errno::ENODEV));
    let as_folder = open("/dev/lab_errno/x", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
    check!("open of a file in it", as_folder.err(), Some(Errno::ENOTDIR));
    println!("6. not the driver: write to O_RDONLY EBADF, lseek and pread");
    println!("   ESPIPE, mmap ENODEV, open of a file in it ENOTDIR");
    Ok(())
}
