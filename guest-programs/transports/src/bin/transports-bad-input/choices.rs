//! Choices and counts.

use std::os::fd::AsRawFd as _;
use std::{fs, io, ptr};

use bad_input::{NOWHERE, ioctl_of_32_bits};
use marker::{check, mark};
use nix::errno::Errno;
use nix::unistd::{dup, read};
use transports::{
    Choice, Counters, EVENTFD, IOC, NETLINK, QUEUE, Record, SIGNAL, choose, counters, open_device,
    raise,
};

use crate::calls::{choose_by, counted, raise_count};

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);

pub fn bad_choices() -> io::Result<()> {
    mark!("bad choices");
    let device = open_device()?;
    let file = fs::File::open("/proc/self/status")?;
    let by = |transport| Choice { transport, ..Choice::default() };
    let signal = |signal| Choice { signal, ..by(SIGNAL) };
    let eventfd = |eventfd| Choice { eventfd, ..by(EVENTFD) };
    for (what, choice, error) in [
        ("transport 0", by(0), Errno::EINVAL),
        ("transport 5", by(QUEUE + 1), Errno::EINVAL),
        ("the last transport of all", by(u32::MAX), Errno::EINVAL),
        ("padding", Choice { padding: 1, ..by(QUEUE) }, Errno::EINVAL),
        ("signal 0", signal(0), Errno::EINVAL),
        ("signal 65", signal(65), Errno::EINVAL),
        ("SIGKILL", signal(9), Errno::EINVAL),
        ("SIGSTOP", signal(19), Errno::EINVAL),
        ("a signal for the queue", Choice { signal: 10, ..by(QUEUE) }, Errno::EINVAL),
        ("an eventfd for netlink", Choice { eventfd: 3, ..by(NETLINK) }, Errno::EINVAL),
        ("an eventfd and a signal", Choice { signal: 10, ..eventfd(3) }, Errno::EINVAL),
        ("descriptor -1", eventfd(-1), Errno::EBADF),
        ("a closed descriptor", eventfd(1000), Errno::EBADF),
        ("no eventfd", eventfd(file.as_raw_fd()), Errno::EINVAL),
    ] {
        check!(what, choose_by(&device, choice), Err(error));
    }
    // SAFETY: a request without an argument.
    check!("an unknown request", unsafe { unknown(device.as_raw_fd()) }, Err(Errno::ENOTTY));
    // None of these has chosen anything.
    check!("by another open", choose_by(&open_device()?, by(QUEUE)), Ok(()));
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 2, size_of::<u32>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

pub fn bad_pointers_and_counts() -> io::Result<()> {
    mark!("bad pointers and counts");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    for address in NOWHERE {
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            let choice = ptr::without_provenance(address);
            check!("a choice nowhere", choose(fd, choice), Err(Errno::EFAULT));
            let count = ptr::without_provenance(address);
            check!("a count nowhere", raise(fd, count), Err(Errno::EFAULT));
            let to = ptr::without_provenance_mut(address);
            check!("counters nowhere", counters(fd, to), Err(Errno::EFAULT));
        }
    }
    for count in [0, 1001, u32::MAX] {
        check!("a bad count", raise_count(&device, count), Err(Errno::EINVAL));
    }
    check!("interrupts", counted(&device)?.interrupts, 0);
    Ok(())
}

pub fn choosing_twice() -> io::Result<()> {
    mark!("choosing twice");
    let queue = Choice { transport: QUEUE, ..Choice::default() };
    let (device, other) = (open_device()?, open_device()?);
    choose_by(&device, queue)?;
    check!("by another open", choose_by(&other, queue), Err(Errno::EBUSY));
    // The same one may choose anew, and starts from nothing.
    raise_count(&device, 5)?;
    check!("again", choose_by(&device, queue), Ok(()));
    check!("counters", counted(&device)?, Counters::default());
    check!("records", read(&device, &mut [0; Record::SIZE]), Err(Errno::EAGAIN));
    let copy = dup(&device)?;
    drop(device);
    check!("while a copy is open", choose_by(&other, queue), Err(Errno::EBUSY));
    drop(copy);
    check!("after the last close", choose_by(&other, queue), Ok(()));
    Ok(())
}
