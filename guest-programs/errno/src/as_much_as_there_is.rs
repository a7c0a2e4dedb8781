//! A part is no refusal. The buffer ends after 3 bytes here. `lab_errno_read`
//! (kmods/errno/lab_errno.c) has taken these, so it says 3; it says EFAULT only when
//! asked again.

use std::os::fd::{AsRawFd, OwnedFd};

use errno::ROOM;
use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::unistd::read;

use crate::device::PAGE;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    let (two_pages, access) = (2 * PAGE, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE);
    let length = two_pages.try_into().expect("not zero");
    // SAFETY: a fresh mapping, of which the second page is given back; only the
    // kernel is pointed there.
    unsafe {
        let start = mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE)?;
        munmap(start.add(PAGE), PAGE)?;
        let end = start.add(PAGE).as_ptr();
        scene!("5. read of 8 bytes to where 3 fit, then to where none does");
        let read = |buffer| Errno::result(libc::read(device.as_raw_fd(), buffer, ROOM));
        check!("read", read(end.sub(3)), Ok(3));
        check!("bytes", std::slice::from_raw_parts(end.sub(3).cast::<u8>(), 3), b"twe");
        check!("read", read(end), Err(Errno::EFAULT));
        munmap(start, PAGE)?;
    }
    let mut rest = [0; ROOM];
    check!("bytes left", read(device, &mut rest), Ok(5));
    check!("the bytes left", &rest[..5], b"lve b");
    println!("5. read of 8 bytes to where 3 fit: 3; to where none does: EFAULT");
    println!("   nothing is lost: the next read gets the other 5");
    Ok(())
}
