//! Requests that the module does not have, pointers to nowhere, values that it may
//! not be given.

use std::io;
use std::os::fd::AsRawFd;

use bad_input::{ioctl_of_32_bits, nowhere};
use kill_pid::{Counters, IOC, NUMBER, Target, open_device, register, request, unregister};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;

pub fn run() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_values()
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_KILL_PID_REGISTER's number, but with a structure of another size.
    register_of_another_size, IOC, 1, [u32; 3]
);
nix::ioctl_none!(
    /// LAB_KILL_PID_UNREGISTER's number, but of another driver.
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
    for target in nowhere::<Target>()? {
        // SAFETY: the kernel finds out that there is no target at the address;
        // this program does not touch it.
        let result = unsafe { request::register(fd, target) };
        check!("a target nowhere", result, Err(Errno::EFAULT));
    }
    // Memory that may be read but not written.
    static CONSTANT: Counters = Counters { interrupts: 0, causes: 0, signals: 0, result: 0 };
    let constant = (&raw const CONSTANT).cast_mut();
    for counters in nowhere()?.into_iter().chain([constant]) {
        // SAFETY: as above; the kernel does not write to the constant either,
        // which is what is tested.
        let result = unsafe { request::counters(fd, counters) };
        check!("counters nowhere", result, Err(Errno::EFAULT));
    }
    // None of these registered anybody.
    check!("a good target afterwards", register(&device, Target::default()), Ok(()));
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let device = open_device()?;
    let with_signal = |signal| Target { signal, ..Target::default() };
    for (what, bad) in [
        ("signal 0", with_signal(0)),
        ("signal 65", with_signal(65)),
        ("signal 44 + 2^31", with_signal(44 | 1 << 31)),
        ("signal 2^32 - 1", with_signal(u32::MAX)),
        ("SIGKILL", with_signal(libc::SIGKILL as u32)),
        ("SIGSTOP", with_signal(libc::SIGSTOP as u32)),
        ("priv 2", Target { privileged: 2, ..Target::default() }),
        ("remember 2", Target { remember: NUMBER + 1, ..Target::default() }),
        ("padding 1", Target { padding: 1, ..Target::default() }),
    ] {
        check!(what, register(&device, bad), Err(Errno::EINVAL));
    }
    // The first and the last signal that may be asked for.
    for signal in [1, 64] {
        check!("a signal at the border", register(&device, with_signal(signal)), Ok(()));
        check!("its end", unregister(&device), Ok(()));
    }
    Ok(())
}
