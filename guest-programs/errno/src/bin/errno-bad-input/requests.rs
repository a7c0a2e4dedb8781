//! Requests, pointers and values.

use std::os::fd::AsRawFd;
use std::{io, ptr};

use bad_input::{NOWHERE, half_in_memory, ioctl_of_32_bits};
use errno as lab;
use errno::{Answer, IOC, ROOM};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::uio::pread;
use nix::unistd::{read, write};

use crate::device::{answer, open_device};

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);

nix::ioctl_write_ptr!(
    /// LAB_ERRNO_ANSWER's number, but with a structure of another size.
    answer_of_another_size, IOC, 1, [u32; 3]
);

nix::ioctl_none!(
    /// LAB_ERRNO_CLAIM's number, but of another driver.
    claim_of_another_driver, IOC - 1, 2
);

pub fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device(OFlag::empty())?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", answer_of_another_size(fd, &[0; 3]), Err(Errno::ENOTTY));
        check!("another driver's", claim_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    check!("pread of a stream", pread(&device, &mut [0], 0), Err(Errno::ESPIPE));
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 1, size_of::<Answer>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

pub fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device(OFlag::O_NONBLOCK)?;
    let fd = device.as_raw_fd();
    check!("bytes", write(&device, b"12"), Ok(2));
    for address in NOWHERE {
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            let nothing = ptr::without_provenance(address);
            check!("an answer nowhere", lab::answer(fd, nothing), Err(Errno::EFAULT));
            let nothing: *const libc::c_void = ptr::without_provenance(address);
            let result = Errno::result(libc::write(fd, nothing, 1));
            check!("bytes nowhere", result, Err(Errno::EFAULT));
            let result = Errno::result(libc::read(fd, nothing.cast_mut(), 1));
            check!("room nowhere", result, Err(Errno::EFAULT));
        }
    }

    // It begins in memory and ends beyond it.
    // SAFETY: only the kernel is pointed at them, and it finds out.
    unsafe {
        let half = half_in_memory::<Answer>()?;
        check!("half an answer", lab::answer(fd, half), Err(Errno::EFAULT));
        let end = half_in_memory::<[u8; 6]>()?;
        end.cast::<[u8; 3]>().write(*b"345");
        check!("bytes that end", Errno::result(libc::write(fd, end.cast(), 6)), Ok(3));
    }
    // Nothing has been lost by any of these, and nothing added.
    let mut bytes = [0; ROOM];
    check!("bytes read", read(&device, &mut bytes), Ok(5));
    check!("the bytes", &bytes[..5], b"12345");
    Ok(())
}

pub fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let device = open_device(OFlag::empty())?;
    for (what, signal, padding) in
        [("signal 65", 65, 0), ("signal 2^32 - 1", u32::MAX, 0), ("padding 1", 0, 1)]
    {
        check!(what, answer(&device, 7, signal, padding), Err(Errno::EINVAL));
    }
    check!("no signal", answer(&device, 7, 0, 0), Ok(7));
    Ok(())
}
