//! What `kmods/eventfd` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module loaded.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use bad_input::{
    NOWHERE, by_a_user, device_of, half_in_memory, ioctl_of_32_bits, next_eventfd, start,
};
use eventfd as lab;
use eventfd::{
    CONTEXT, Counters, IOC, NUMBER, Target, counters, open_device, raise, raise_later, register,
    request, unregister,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup, pause, pipe, read, write};

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

fn main() -> io::Result<()> {
    marker::open_trace();

    parameters_that_are_none()?;
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    what_is_no_eventfd()?;
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()?;
    no_eventfd_is_held()?;
    an_interrupt_for_nobody()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    for params in [c"msi=0", c"msi=1"] {
        removing_the_module_while_the_device_is_busy(params)?;
    }
    removing_the_device_while_open()?;
    remove()?;
    println!("every refusal was the right one");
    Ok(())
}

fn parameters_that_are_none() -> io::Result<()> {
    mark!("parameters that are none");
    remove()?;
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    load(c"")?;
    Ok(())
}

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
    // A program of 32 bits asks by another entry, and is heard as well.
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
    for address in NOWHERE {
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            let target = ptr::without_provenance(address);
            check!("a target nowhere", request::register(fd, target), Err(Errno::EFAULT));
            let causes = ptr::without_provenance(address);
            check!("causes nowhere", request::raise(fd, causes), Err(Errno::EFAULT));
            let counters = ptr::without_provenance_mut(address);
            check!("counters nowhere", request::counters(fd, counters), Err(Errno::EFAULT));
        }
    }

    // A structure that begins in memory and ends beyond it.
    // SAFETY: only the kernel is pointed at them, and it finds out.
    unsafe {
        let target = half_in_memory::<Target>()?;
        check!("half a target", request::register(fd, target), Err(Errno::EFAULT));
        let counters = half_in_memory::<Counters>()?;
        check!("half the counters", request::counters(fd, counters), Err(Errno::EFAULT));
    }

    // Memory that may be read but not written.
    static CONSTANT: Counters = Counters { interrupts: 0, causes: 0, signals: 0, result: 0 };
    // SAFETY: the kernel does not write there either, which is what is tested.
    let result = unsafe { request::counters(fd, (&raw const CONSTANT).cast_mut()) };
    check!("constant counters", result, Err(Errno::EFAULT));

    // None of these registered anything.
    let eventfd = new_eventfd()?;
    check!("a good target afterwards", register(&device, target(&eventfd)), Ok(()));
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    for (what, bad) in [
        ("no causes", Target { causes: 0, ..target(&eventfd) }),
        ("remember 2", Target { remember: NUMBER + 1, ..target(&eventfd) }),
        ("padding 1", Target { padding: 1, ..target(&eventfd) }),
    ] {
        check!(what, register(&device, bad), Err(Errno::EINVAL));
    }
    check!("raise without causes", raise(&device, 0), Err(Errno::EINVAL));
    // The highest cause.
    register(&device, Target { causes: 1 << 31, ..target(&eventfd) })?;
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

/// A file description registers one eventfd. Several may register the same.
fn registering_twice() -> io::Result<()> {
    mark!("registering twice");
    let (device, other, eventfd) = (open_device()?, open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    check!("again", register(&device, target(&eventfd)), Err(Errno::EBUSY));
    let by_number = Target { remember: NUMBER, ..target(&eventfd) };
    check!("again, by number", register(&device, by_number), Err(Errno::EBUSY));
    let copy = dup(&device)?;
    check!("by a copy", register(&copy, target(&eventfd)), Err(Errno::EBUSY));
    check!("by another open", register(&other, target(&eventfd)), Ok(()));
    raise(&device, 1)?;
    check!("count of two registrations", eventfd.read(), Ok(2));
    // Each has its own counters.
    for device in [&device, &other] {
        check!("signals", counters(device)?.signals, 1);
    }
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
    mark!("unregistering what is not one's own");
    let (device, other, eventfd) = (open_device()?, open_device()?, new_eventfd()?);
    check!("nobody's", unregister(&device), Err(Errno::ENOENT));
    for remember in [CONTEXT, NUMBER] {
        register(&device, Target { remember, ..target(&eventfd) })?;
        check!("another open's", unregister(&other), Err(Errno::ENOENT));
        check!("one's own", unregister(&device), Ok(()));
        check!("a second time", unregister(&device), Err(Errno::ENOENT));
        raise(&device, 1)?;
        check!("count afterwards", eventfd.read(), Err(Errno::EAGAIN));
    }
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered() -> io::Result<()> {
    mark!("closing while registered");
    let (other, eventfd) = (open_device()?, new_eventfd()?);
    for remember in [CONTEXT, NUMBER] {
        let device = open_device()?;
        register(&device, Target { remember, ..target(&eventfd) })?;
        let copy = dup(&device)?;
        drop(device);
        raise(&other, 1)?;
        check!("while a copy is open", eventfd.read(), Ok(1));
        drop(copy);
        raise(&other, 1)?;
        check!("after the last close", eventfd.read(), Err(Errno::EAGAIN));
    }

    // The eventfd first, both with and without a device that is used again.
    for remember in [CONTEXT, NUMBER] {
        let (device, eventfd) = (open_device()?, new_eventfd()?);
        register(&device, Target { remember, ..target(&eventfd) })?;
        drop(eventfd);
        raise(&device, 1)?;
        let result = if remember == NUMBER { -(Errno::EBADF as i32) } else { 0 };
        check!("result", counters(&device)?.result, result);
        check!("its end", unregister(&device), Ok(()));
    }
    Ok(())
}

/// A process that dies closes its files: by exit, and by SIGKILL.
fn dying_while_registered() -> io::Result<()> {
    mark!("dying while registered");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    for remember in [CONTEXT, NUMBER] {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, Target { remember, ..target(&eventfd) })?;
            Ok::<OwnedFd, Errno>(own)
        };
        let child = start(|| open_and_register().map(drop))?;
        check!("a child that exits", waitpid(child, None)?, WaitStatus::Exited(child, 0));
        raise(&device, 1)?;
        check!("count after it", eventfd.read(), Err(Errno::EAGAIN));

        let (receiver, sender) = pipe()?;
        let child = start(|| {
            let _own = open_and_register()?;
            write(&sender, b"r")?;
            loop {
                pause();
            }
        })?;
        check!("it has registered", read(&receiver, &mut [0])?, 1);
        kill(child, Signal::SIGKILL)?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("a child that is killed", waitpid(child, None)?, killed);
        raise(&device, 1)?;
        check!("count after it", eventfd.read(), Err(Errno::EAGAIN));
    }
    Ok(())
}

/// An eventfd is held until the end of its registration, and no longer: not by one
/// that was refused, or is over, or whose file is closed.
fn no_eventfd_is_held() -> io::Result<()> {
    mark!("no eventfd is held");
    let before = next_eventfd()?;
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    drop(eventfd);
    check!("while it is registered", next_eventfd()?, before + 1);
    check!("a second one", register(&device, target(&new_eventfd()?)), Err(Errno::EBUSY));
    check!("after it was refused", next_eventfd()?, before + 1);
    unregister(&device)?;
    check!("after the end of the first", next_eventfd()?, before);
    register(&device, target(&new_eventfd()?))?;
    drop(device);
    check!("after the last close", next_eventfd()?, before);

    // A number holds nothing.
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, Target { remember: NUMBER, ..target(&eventfd) })?;
    drop(eventfd);
    check!("while its number is registered", next_eventfd()?, before);
    Ok(())
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    mark!("an interrupt for nobody");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    check!("counters before", counters(&device)?, Counters::default());
    raise(&device, 1)?;
    check!("counters without registration", counters(&device)?, Counters::default());
    register(&device, target(&eventfd))?;
    raise(&device, 1)?;
    unregister(&device)?;
    raise(&device, 1)?;
    let want = Counters { interrupts: 1, causes: 1, signals: 1, result: 0 };
    check!("counters after the end", counters(&device)?, want);
    // Registering sets them to 0.
    register(&device, target(&eventfd))?;
    check!("counters of a new one", counters(&device)?, Counters::default());
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    raise(&device, 1)?;
    check!("count all the same", eventfd.read(), Ok(1));
    drop(device);
    check!("removal when closed", remove(), Ok(()));
    check!("removal of what is not there", remove(), Err(Errno::ENOENT));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    // The eventfd is none of the module's, and lives on without it.
    check!("write", eventfd.write(1), Ok(8));
    check!("count", eventfd.read(), Ok(1));
    load(c"msi=1")?;
    Ok(())
}

/// The removal waits for the device, and the next to load the module does not
/// hear of it.
fn removing_the_module_while_the_device_is_busy(params: &CStr) -> io::Result<()> {
    mark!("removing the module while the device is busy");
    remove()?;
    load(params)?;
    let device = open_device()?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    drop(device);
    check!("removal", remove(), Ok(()));
    load(params)?;
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    raise(&device, 1)?;
    check!("count", eventfd.read(), Ok(1));
    check!("interrupts", counters(&device)?.interrupts, 1);
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    fs::write(device_of("lab_eventfd")?.join("remove"), "1")?;
    check!("raise", raise(&device, 1), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("counters", counters(&device)?, Counters::default());
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device, 1), Ok(()));
    check!("count", eventfd.read(), Ok(1));
    Ok(())
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn remove() -> nix::Result<()> {
    bad_input::remove(lab::MODULE)
}

fn new_eventfd() -> nix::Result<EventFd> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
}

fn target(eventfd: &EventFd) -> Target {
    Target { fd: eventfd.as_raw_fd(), causes: !0, remember: CONTEXT, padding: 0 }
}
