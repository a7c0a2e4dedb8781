//! What `kmods/kill_pid` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::{fs, io, ptr};

use bad_input::{
    NOWHERE, block, by_a_user, device_of, ended, half_in_memory, in_a_pid_namespace,
    ioctl_of_32_bits, pid_namespaces, start, take,
};
use kill_pid as lab;
use kill_pid::{
    Counters, IOC, NUMBER, REFERENCE, Target, counters, open_device, raise, raise_later, register,
    request, unregister,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};
use nix::libc::{self, c_int};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup, pause, pipe, read, write};

/// SIGRTMIN + 10
const SIGNAL: c_int = 44;

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

fn main() -> io::Result<()> {
    marker::open_trace();
    // What is sent stays pending, where it can be counted.
    block(SIGNAL)?;

    parameters_that_are_none()?;
    load(c"msi=1")?;
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()?;
    nobody_is_held()?;
    an_interrupt_for_nobody()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    // The wire first, so that the last one leaves the message behind.
    for params in [c"msi=0", c"msi=1"] {
        removing_the_module_while_the_device_is_busy(params)?;
    }
    removing_the_device_while_open()?;
    delete_module(lab::MODULE, DeleteModuleFlags::O_NONBLOCK)?;
    println!("every refusal was the right one");
    Ok(())
}

fn parameters_that_are_none() -> io::Result<()> {
    mark!("parameters that are none");
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
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

    // None of these registered anybody.
    check!("a good target afterwards", register(&device, target()), Ok(()));
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let device = open_device()?;
    let with_signal = |signal| Target { signal, ..target() };
    for (what, bad) in [
        ("signal 0", with_signal(0)),
        ("signal 65", with_signal(65)),
        ("signal 44 + 2^31", with_signal(44 | 1 << 31)),
        ("signal 2^32 - 1", with_signal(u32::MAX)),
        ("SIGKILL", with_signal(libc::SIGKILL as u32)),
        ("SIGSTOP", with_signal(libc::SIGSTOP as u32)),
        ("priv 2", Target { privileged: 2, ..target() }),
        ("remember 2", Target { remember: NUMBER + 1, ..target() }),
        ("padding 1", Target { padding: 1, ..target() }),
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

fn registering_twice() -> io::Result<()> {
    mark!("registering twice");
    let (device, other) = (open_device()?, open_device()?);
    register(&device, target())?;
    check!("again", register(&device, target()), Err(Errno::EBUSY));
    check!("by another open", register(&other, target()), Err(Errno::EBUSY));
    let child = start(|| register(&open_device()?, target()))?;
    check!("by another process", ended(child)?, Err(Errno::EBUSY));
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
    mark!("unregistering what is not one's own");
    let (device, other) = (open_device()?, open_device()?);
    check!("nobody's", unregister(&device), Err(Errno::ENOENT));
    register(&device, target())?;
    check!("another open's", unregister(&other), Err(Errno::ENOENT));
    drop(other);
    check!("one's own", unregister(&device), Ok(()));
    check!("a second time", unregister(&device), Err(Errno::ENOENT));
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered() -> io::Result<()> {
    mark!("closing while registered");
    let other = open_device()?;
    for remember in [REFERENCE, NUMBER] {
        let device = open_device()?;
        register(&device, Target { remember, ..target() })?;
        let copy = dup(&device)?;
        drop(device);
        check!("while a copy is open", register(&other, target()), Err(Errno::EBUSY));
        drop(copy);
        raise(&other)?;
        check!("signal for who closed", take(SIGNAL)?, None);
        check!("after the last close", register(&other, target()), Ok(()));
        unregister(&other)?;
    }
    Ok(())
}

/// A process that dies closes its files: by exit, and by SIGKILL.
fn dying_while_registered() -> io::Result<()> {
    mark!("dying while registered");
    let device = open_device()?;
    for remember in [REFERENCE, NUMBER] {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, Target { remember, ..target() })?;
            Ok::<OwnedFd, Errno>(own)
        };
        let child = start(|| open_and_register().map(drop))?;
        check!("a child that exits", ended(child)?, Ok(()));
        check!("after it", register(&device, target()), Ok(()));
        unregister(&device)?;

        let (receiver, sender) = pipe()?;
        let child = start(|| {
            let _own = open_and_register()?;
            write(&sender, b"r")?;
            loop {
                pause();
            }
        })?;
        drop(sender);
        check!("it has registered", read(&receiver, &mut [0])?, 1);
        kill(child, Signal::SIGKILL)?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("a child that is killed", waitpid(child, None)?, killed);
        check!("after it", register(&device, target()), Ok(()));
        unregister(&device)?;
    }
    Ok(())
}

/// Who registered is held until the end of the registration, and no longer: not by
/// a registration that was refused, or is over, or whose file is closed.
fn nobody_is_held() -> io::Result<()> {
    mark!("nobody is held");
    let device = open_device()?;
    let before = pid_namespaces()?;
    let it = in_a_pid_namespace(|| {
        register(&device, target())?;
        unregister(&device)
    })?;
    check!("it unregisters", it, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before);

    register(&device, target())?;
    let it = in_a_pid_namespace(|| register(&open_device()?, target()))?;
    check!("it is refused", it, Err(Errno::EBUSY));
    check!("namespaces after that", pid_namespaces()?, before);
    unregister(&device)?;

    let it = in_a_pid_namespace(|| register(&open_device()?, target()))?;
    check!("it exits, which closes its file", it, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before);

    check!("it stays registered", in_a_pid_namespace(|| register(&device, target()))?, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before + 1);
    unregister(&device)?;
    check!("namespaces after its end", pid_namespaces()?, before);
    Ok(())
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    mark!("an interrupt for nobody");
    let device = open_device()?;
    // Registering sets the counters to 0.
    register(&device, target())?;
    unregister(&device)?;
    raise(&device)?;
    let want = Counters { interrupts: 1, causes: 1, signals: 0, result: 0 };
    check!("counters", counters(&device)?, want);
    check!("signal", take(SIGNAL)?, None);
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let device = open_device()?;
    register(&device, target())?;
    check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    raise(&device)?;
    check!("signal all the same", take(SIGNAL)?, Some(0));
    drop(device);
    check!("removal when closed", remove(), Ok(()));
    check!("removal of what is not there", remove(), Err(Errno::ENOENT));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
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
    let device = open_device()?;
    check!("counters", counters(&device)?, Counters::default());
    // It works, and this is the first interrupt.
    register(&device, target())?;
    raise(&device)?;
    check!("interrupts", counters(&device)?.interrupts, 1);
    check!("signal", take(SIGNAL)?, Some(0));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let device = open_device()?;
    register(&device, target())?;
    fs::write(device_of("lab_kill_pid")?.join("remove"), "1")?;
    check!("raise", raise(&device), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("counters", counters(&device)?, Counters::default());
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device), Ok(()));
    check!("signal", take(SIGNAL)?, Some(0));
    Ok(())
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn remove() -> nix::Result<()> {
    bad_input::remove(lab::MODULE)
}

fn target() -> Target {
    Target { signal: SIGNAL as u32, privileged: 1, remember: REFERENCE, padding: 0 }
}
