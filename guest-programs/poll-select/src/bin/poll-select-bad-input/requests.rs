//! Requests that the module does not have, pointers to nowhere, lengths and values
//! that it may not be given.

use std::os::fd::AsRawFd;
use std::{io, ptr};

use bad_input::{NOWHERE, ioctl_of_32_bits};
use marker::check;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, c_void};
use nix::poll::PollFlags;
use nix::unistd::{Whence, lseek, read, write};
use poll_select::{IOC, ORDINARY, causes, open_device, raise};

use crate::events::now;

pub fn run() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_lengths_and_values()?;
    the_wrong_way()
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_none!(
    /// LAB_POLL_SELECT_RAISE_LATER's number, but of another driver.
    raise_later_of_another_driver, IOC - 1, 1
);

fn unknown_requests() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another driver's", raise_later_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_none!(IOC, 1), 0),
        Ok(0)
    );
    // What edu raises when a transfer is complete (docs/specs/edu.rst in QEMU).
    check!("its cause", causes(&device), Ok(0x100));
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    let fd = device.as_raw_fd();
    raise(&device, ORDINARY)?;
    for address in NOWHERE {
        let nowhere: *mut c_void = ptr::without_provenance_mut(address);
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            check!(
                "read to nowhere",
                Errno::result(libc::read(fd, nowhere, 4)),
                Err(Errno::EFAULT)
            );
            check!(
                "write from nowhere",
                Errno::result(libc::write(fd, nowhere, 4)),
                Err(Errno::EFAULT)
            );
        }
    }
    // Memory that may be read but not written.
    static CONSTANT: u32 = 0;
    let constant = (&raw const CONSTANT).cast_mut().cast();
    // SAFETY: the kernel does not write there either, which is what is tested.
    let result = unsafe { libc::read(fd, constant, 4) };
    check!("read to a constant", Errno::result(result), Err(Errno::EFAULT));

    // No cause was lost, and none was raised.
    check!("causes afterwards", causes(&device), Ok(ORDINARY));
    check!("and no more", causes(&device), Err(Errno::EAGAIN));
    Ok(())
}

fn bad_lengths_and_values() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    for len in 0..4 {
        let mut bytes = [0xff; 3];
        let bytes = &mut bytes[..len];
        check!("a short write", write(&device, bytes), Err(Errno::EINVAL));
        check!("a short read", read(&device, bytes), Err(Errno::EINVAL));
    }
    check!("no cause", raise(&device, 0), Err(Errno::EINVAL));
    check!("nothing was raised", causes(&device), Err(Errno::EAGAIN));

    // More room, or more bytes, than needed: four are used.
    check!("a long write", write(&device, &[1, 0, 0, 0, 2, 0, 0, 0]), Ok(4));
    check!("a long read", read(&device, &mut [0; 8]), Ok(4));
    // Every cause there is.
    raise(&device, u32::MAX)?;
    check!("events", now(&device)?, PollFlags::POLLIN | PollFlags::POLLPRI | PollFlags::POLLOUT);
    check!("causes", causes(&device), Ok(u32::MAX));
    check!("events", now(&device)?, PollFlags::POLLOUT);
    Ok(())
}

fn the_wrong_way() -> io::Result<()> {
    let (reader, writer) = (open_device(OFlag::O_RDONLY)?, open_device(OFlag::O_WRONLY)?);
    check!("write to a reader", raise(&reader, ORDINARY), Err(Errno::EBADF));
    check!("read from a writer", causes(&writer), Err(Errno::EBADF));
    check!("seek", lseek(&reader, 0, Whence::SeekSet), Err(Errno::ESPIPE));
    Ok(())
}
