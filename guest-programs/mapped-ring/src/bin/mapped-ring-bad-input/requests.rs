//! Requests that the module does not have, pointers to nowhere, values that it may not be
//! given, and eventfds that are none.

use std::io;
use std::os::fd::AsRawFd;

use bad_input::{ioctl_of_32_bits, killed_after, next_eventfd, nowhere};
use mapped_ring::{IOC, Ring, open_device, raise, raise_later, request, set_doorbell};
use marker::{check, mark};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::{pipe, read, write};

pub fn run() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bells()?;
    bells_are_given_back()
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_MAPPED_RING_RAISE's number, but with a number of another size.
    raise_of_another_size, IOC, 2, u64
);

fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    let ring = Ring::map(&device)?;
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", raise_of_another_size(fd, &1), Err(Errno::ENOTTY));
    }
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    let later = nix::request_code_none!(IOC, 3);
    check!("a 32-bit program", ioctl_of_32_bits(&device, later, 0), Ok(0));
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    while ring.next().is_none() {}
    check!("read", read(&device, &mut [0; 8]), Err(Errno::EINVAL));
    check!("write", write(&device, &[0; 8]), Err(Errno::EINVAL));
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    let ring = Ring::map(&device)?;
    for address in nowhere::<u32>()? {
        // SAFETY: the kernel finds out that there is nothing at the address; this
        // program does not touch it.
        unsafe {
            check!("causes nowhere", request::raise(fd, address), Err(Errno::EFAULT));
            let bell = request::doorbell(fd, address.cast());
            check!("a bell nowhere", bell, Err(Errno::EFAULT));
        }
    }
    check!("no cause", raise(&device, 0), Err(Errno::EINVAL));
    check!("nothing was raised", ring.next(), None);
    Ok(())
}

fn bells() -> io::Result<()> {
    mark!("bells");
    let device = open_device()?;
    let (receiver, _sender) = pipe()?;
    check!("a pipe", set_doorbell(&device, &receiver), Err(Errno::EINVAL));
    // SAFETY: the number lives through the call.
    let closed = unsafe { request::doorbell(device.as_raw_fd(), &i32::MAX) };
    check!("what is not open", closed, Err(Errno::EBADF));
    let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    check!("an eventfd", set_doorbell(&device, &bell), Ok(()));
    check!("a second one", set_doorbell(&device, &bell), Err(Errno::EBUSY));
    Ok(())
}

/// By the last close, also that of a process that is killed, and by a refusal.
fn bells_are_given_back() -> io::Result<()> {
    mark!("bells are given back");
    let before = next_eventfd()?;
    let ringing = || {
        let (device, bell) = (open_device()?, EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?);
        set_doorbell(&device, &bell)?;
        let refused = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
        check!("a second one", set_doorbell(&device, &refused), Err(Errno::EBUSY));
        Ok::<_, Errno>(device)
    };
    drop(ringing()?);
    check!("the next eventfd after a close", next_eventfd()?, before);
    check!("a child that is killed", killed_after(ringing), Ok(()));
    check!("the next eventfd after that", next_eventfd()?, before);
    Ok(())
}
