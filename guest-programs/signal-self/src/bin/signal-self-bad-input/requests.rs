//! Requests that the module does not have, pointers to nowhere, values that it may
//! not be given.

use std::io;
use std::os::fd::AsRawFd;

use bad_input::{ioctl_of_32_bits, nowhere, take};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::{self, SIGUSR1};
use nix::sys::signal::Signal;
use nix::unistd::{read, write};
use signal_self::{
    ASK, GO_ON, IOC, RESTARTBLOCK, RESTARTSYS, SLEEP, Send, Target, open_device, register, request,
    send, wake, wake_ups,
};

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
    /// LAB_SIGNAL_SELF_SEND's number, but with a structure of another size.
    send_of_another_size, IOC, 1, [u32; 3]
);
nix::ioctl_none!(
    /// LAB_SIGNAL_SELF_RAISE_LATER's number, but of another driver.
    raise_later_of_another_driver, IOC - 1, 3
);

fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", send_of_another_size(fd, &[0; 3]), Err(Errno::ENOTTY));
        check!("another driver's", raise_later_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    // A 32-bit program enters the kernel elsewhere, and is answered as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 1, size_of::<Send>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    wake(&device)?;
    // SAFETY: for all of these, the kernel finds out that there is nothing at the
    // address; this program does not touch it.
    unsafe {
        for to_send in nowhere::<Send>()? {
            check!("a signal nowhere", request::send(fd, to_send), Err(Errno::EFAULT));
        }
        for target in nowhere::<Target>()? {
            check!("a target nowhere", request::register(fd, target), Err(Errno::EFAULT));
        }
        for address in nowhere::<u32>()? {
            let written = Errno::result(libc::write(fd, address.cast(), 4));
            check!("causes nowhere", written, Err(Errno::EFAULT));
            let read = Errno::result(libc::read(fd, address.cast(), 4));
            check!("wake-ups nowhere", read, Err(Errno::EFAULT));
        }
    }
    check!("what could not be stored", wake_ups(&device), Ok(1));
    check!("signal by any of these", take(SIGUSR1)?, None);
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let device = open_device()?;
    let good = Send { signal: Signal::SIGUSR1 as u32, then: GO_ON, result: 7, padding: 0 };
    for (what, bad) in [
        ("signal 0", Send { signal: 0, ..good }),
        ("signal 65", Send { signal: 65, ..good }),
        ("signal 2^32 - 1", Send { signal: u32::MAX, ..good }),
        ("then 3", Send { then: SLEEP + 1, ..good }),
        ("result -1", Send { result: -1, ..good }),
        ("padding 1", Send { padding: 1, ..good }),
    ] {
        check!(what, send(&device, bad), Err(Errno::EINVAL));
    }
    let good_target = Target { signal: Signal::SIGUSR1 as u32, restart: RESTARTSYS };
    for (what, bad) in [
        ("signal 0", Target { signal: 0, ..good_target }),
        ("signal 65", Target { signal: 65, ..good_target }),
        ("restart 4", Target { restart: RESTARTBLOCK + 1, ..good_target }),
    ] {
        check!(what, register(&device, bad), Err(Errno::EINVAL));
    }
    check!("read of 3 bytes", read(&device, &mut [0; 3]), Err(Errno::EINVAL));
    check!("read of nothing", read(&device, &mut []), Err(Errno::EINVAL));
    check!("write of 3 bytes", write(&device, &[1; 3]), Err(Errno::EINVAL));
    check!("write of no causes", write(&device, &[0; 4]), Err(Errno::EINVAL));
    check!("signal by any of these", take(SIGUSR1)?, None);

    // The ends of what may be asked for.
    for result in [0, 7, i32::MAX] {
        check!("result", send(&device, Send { result, then: ASK, ..good }), Ok(result));
        check!("its signal", take(SIGUSR1)?, Some(0));
    }
    // What is given beyond the causes is not looked at, as the result says.
    check!("write of 5 bytes", write(&device, &[1, 0, 0, 0, 9]), Ok(4));
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}
