//! Requests that the module does not have, pointers to nowhere, values that it may
//! not be given, files that are no eventfd.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use bad_input::{ioctl_of_32_bits, nowhere};
use eventfd::{
    CONTEXT, Counters, IOC, NUMBER, Target, new_eventfd, open_device, raise, register, request,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{pipe, read, write};

pub fn run() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    what_is_no_eventfd()
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_EVENTFD_REGISTER's number, but with a structure of another size.
    register_of_another_size, IOC, 1, [u32; 3]
);
nix::ioctl_none!(
    /// LAB_EVENTFD_UNREGISTER's number, but of another driver.
    unregister_of_another_driver, IOC - 1, 2
);

fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", register_of_another_size(fd, &[0; 3]), Err(Errno::ENOTTY));
        check!("another driver's", unregister_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    // Nor are there other operations.
    check!("read", read(&device, &mut [0; 8]), Err(Errno::EINVAL));
    check!("write", write(&device, &[0; 8]), Err(Errno::EINVAL));
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_none!(IOC, 2), 0),
        Err(Errno::ENOENT)
    );
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    // Memory that may be read but not written.
    static CONSTANT: Counters = Counters { interrupts: 0, causes: 0, signals: 0, result: 0 };
    let constant = (&raw const CONSTANT).cast_mut();
    // SAFETY: for all of these, the kernel finds out that there is nothing at the
    // address, or that it may not write there; this program does not touch it.
    unsafe {
        for target in nowhere::<Target>()? {
            check!("a target nowhere", request::register(fd, target), Err(Errno::EFAULT));
        }
        for causes in nowhere::<u32>()? {
            check!("causes nowhere", request::raise(fd, causes), Err(Errno::EFAULT));
        }
        for counters in nowhere()?.into_iter().chain([constant]) {
            check!("counters nowhere", request::counters(fd, counters), Err(Errno::EFAULT));
        }
    }
    // None of these registered anything.
    let eventfd = new_eventfd()?;
    check!("a good target afterwards", register(&device, Target::of(&eventfd)), Ok(()));
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    for (what, bad) in [
        ("no causes", Target { causes: 0, ..Target::of(&eventfd) }),
        ("remember 2", Target { remember: NUMBER + 1, ..Target::of(&eventfd) }),
        ("padding 1", Target { padding: 1, ..Target::of(&eventfd) }),
    ] {
        check!(what, register(&device, bad), Err(Errno::EINVAL));
    }
    check!("raise without causes", raise(&device, 0), Err(Errno::EINVAL));
    // The highest cause.
    register(&device, Target { causes: 1 << 31, ..Target::of(&eventfd) })?;
    raise(&device, !(1 << 31))?;
    check!("count of another cause", eventfd.read(), Err(Errno::EAGAIN));
    raise(&device, 1 << 31)?;
    check!("count of the highest", eventfd.read(), Ok(1));
    Ok(())
}

fn what_is_no_eventfd() -> io::Result<()> {
    mark!("what is no eventfd");
    let device = open_device()?;
    let (receiver, _sender) = pipe()?;
    let path = open("/", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let file = File::open("/proc/self/status")?;
    for remember in [CONTEXT, NUMBER] {
        for (what, fd, error) in [
            ("a pipe", receiver.as_raw_fd(), Errno::EINVAL),
            ("a file", file.as_raw_fd(), Errno::EINVAL),
            ("the device itself", device.as_raw_fd(), Errno::EINVAL),
            ("a mere path", path.as_raw_fd(), Errno::EBADF),
            ("nothing", i32::MAX, Errno::EBADF),
            ("-1", -1, Errno::EBADF),
        ] {
            let target = Target { fd, causes: 1, remember, padding: 0 };
            check!(what, register(&device, target), Err(error));
        }
    }
    Ok(())
}
