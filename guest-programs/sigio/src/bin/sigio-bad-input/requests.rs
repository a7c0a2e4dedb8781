//! Requests that the module does not have, pointers to nowhere, lengths and values that
//! it may not be given.

use std::io;
use std::os::fd::AsRawFd;

use bad_input::{ioctl_of_32_bits, nowhere};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{Whence, lseek, read, write};
use sigio::{CAUSE, IOC, News, URGENT, news, open_device, raise, raise_later, request};

pub fn run() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_lengths_and_values()
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_SIGIO_RAISE's number, but with a number of another size.
    raise_of_another_size, IOC, 1, u64
);

fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", raise_of_another_size(fd, &1), Err(Errno::ENOTTY));
    }
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    let later = nix::request_code_none!(IOC, 2);
    check!("a 32-bit program", ioctl_of_32_bits(&device, later, 0), Ok(0));
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    while news(&device) == Err(Errno::EAGAIN) {}
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    for causes in nowhere::<u32>()? {
        // SAFETY: the kernel finds out that there is nothing at the address; this
        // program does not touch it.
        let result = unsafe { request::raise(fd, causes) };
        check!("causes nowhere", result, Err(Errno::EFAULT));
    }
    check!("nothing was raised", news(&device), Err(Errno::EAGAIN));
    raise(&device, CAUSE)?;
    for to in nowhere::<News>()? {
        // SAFETY: as above.
        let result = unsafe { libc::read(fd, to.cast(), size_of::<News>()) };
        check!("read to nowhere", Errno::result(result), Err(Errno::EFAULT));
    }
    check!("nothing was lost", news(&device), Ok(News { interrupts: 1, causes: CAUSE }));
    check!("and no more", news(&device), Err(Errno::EAGAIN));
    Ok(())
}

fn bad_lengths_and_values() -> io::Result<()> {
    mark!("bad lengths and values");
    let device = open_device()?;
    check!("no cause", raise(&device, 0), Err(Errno::EINVAL));
    check!("nothing was raised", news(&device), Err(Errno::EAGAIN));
    raise(&device, u32::MAX)?;
    for len in 0..size_of::<News>() {
        check!("a short read", read(&device, &mut vec![0; len]), Err(Errno::EINVAL));
    }
    check!("nothing was lost", news(&device), Ok(News { interrupts: 1, causes: u32::MAX }));
    raise(&device, URGENT)?;
    check!("a long read", read(&device, &mut [0; 64]), Ok(size_of::<News>()));
    check!("write", write(&device, &[0; 4]), Err(Errno::EBADF));
    check!("seek", lseek(&device, 0, Whence::SeekSet), Err(Errno::ESPIPE));
    Ok(())
}
