//! What `kmods/signal_self` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module loaded.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use bad_input::{
    By, NOWHERE, by_a_user, device_of, half_in_memory, in_a_pid_namespace, interrupts_of,
    ioctl_of_32_bits, pid_namespaces, start,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup, pipe, read, write};
use signal_self as lab;
use signal_self::{
    ASK, CAUSE_WAKE, GO_ON, IOC, RESTARTBLOCK, RESTARTSYS, SLEEP, Send, Target, open_device,
    raise_later, register, request, send,
};

/// The cause of an interrupt that sends the registered signal.
const CAUSE_SIGNAL: u32 = 0x100;

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

fn main() -> io::Result<()> {
    marker::open_trace();
    // What is sent stays pending, where it can be counted.
    let mut usr1 = SigSet::empty();
    usr1.add(Signal::SIGUSR1);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&usr1), None)?;
    let pending = SignalFd::with_flags(&usr1, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;

    unknown_requests()?;
    bad_pointers(&pending)?;
    bad_values(&pending)?;
    an_interrupt_for_nobody(&pending)?;
    registering_again(&pending)?;
    closing_while_registered(&pending)?;
    a_registered_process_that_is_gone()?;
    nobody_is_held()?;
    only_root_may()?;
    removing_the_module_while_open(&pending)?;
    removing_the_module_while_the_device_is_busy()?;
    removing_the_device_while_open()?;
    by_the_wire_and_by_a_message(&pending)?;
    what_stays_for_good()?;
    println!("every refusal was the right one");
    Ok(())
}

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
    // A program of 32 bits asks by another entry, and is heard as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 1, size_of::<Send>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

fn bad_pointers(pending: &SignalFd) -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device()?;
    let fd = device.as_raw_fd();
    wake(&device)?;
    for address in NOWHERE {
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            let nothing = ptr::without_provenance(address);
            check!("a signal nowhere", request::send(fd, nothing), Err(Errno::EFAULT));
            let nothing = ptr::without_provenance(address);
            check!("a target nowhere", request::register(fd, nothing), Err(Errno::EFAULT));
            let nothing: *const libc::c_void = ptr::without_provenance(address);
            let result = Errno::result(libc::write(fd, nothing, 4));
            check!("causes nowhere", result, Err(Errno::EFAULT));
            let result = Errno::result(libc::read(fd, nothing.cast_mut(), 4));
            check!("wake-ups nowhere", result, Err(Errno::EFAULT));
        }
    }
    check!("what could not be stored", wake_ups(&device), Ok(1));

    // A structure that begins in memory and ends beyond it.
    // SAFETY: only the kernel is pointed at them, and it finds out.
    unsafe {
        let half = half_in_memory::<Send>()?;
        check!("half a signal", request::send(fd, half), Err(Errno::EFAULT));
        let half = half_in_memory::<Target>()?;
        check!("half a target", request::register(fd, half), Err(Errno::EFAULT));
    }
    check!("signal by any of these", take(pending)?, false);
    Ok(())
}

fn bad_values(pending: &SignalFd) -> io::Result<()> {
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
    check!("signal by any of these", take(pending)?, false);

    // The ends of what may be asked for.
    for result in [0, 7, i32::MAX] {
        check!("result", send(&device, Send { result, then: ASK, ..good }), Ok(result));
        check!("its signal", take(pending)?, true);
    }
    // What is given beyond the causes is not looked at, as the result says.
    check!("write of 5 bytes", write(&device, &[1, 0, 0, 0, 9]), Ok(4));
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

fn an_interrupt_for_nobody(pending: &SignalFd) -> io::Result<()> {
    mark!("an interrupt for nobody");
    let device = open_device()?;
    raise(&device, CAUSE_SIGNAL)?;
    check!("signal", take(pending)?, false);
    // A cause that means nothing here is acknowledged all the same.
    raise(&device, 0x8000_0000)?;
    // Two causes in one interrupt.
    register(&device, usr1())?;
    raise(&device, CAUSE_SIGNAL | CAUSE_WAKE)?;
    check!("signal", take(pending)?, true);
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// The last to register is the one; wake-ups begin anew.
fn registering_again(pending: &SignalFd) -> io::Result<()> {
    mark!("registering again");
    let (device, other) = (open_device()?, open_device()?);
    for _ in 0..3 {
        register(&device, usr1())?;
        wake(&device)?;
    }
    register(&other, usr1())?;
    wake(&device)?;
    check!("wake-ups since then", wake_ups(&other), Ok(1));
    // Not the owner any more: its close ends nothing.
    drop(device);
    raise(&other, CAUSE_SIGNAL)?;
    check!("signal", take(pending)?, true);
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered(pending: &SignalFd) -> io::Result<()> {
    mark!("closing while registered");
    let other = open_device()?;
    let device = open_device()?;
    register(&device, usr1())?;
    let copy = dup(&device)?;
    drop(device);
    raise(&other, CAUSE_SIGNAL)?;
    check!("while a copy is open", take(pending)?, true);
    drop(copy);
    raise(&other, CAUSE_SIGNAL)?;
    check!("after the last close", take(pending)?, false);
    Ok(())
}

/// The file that it registered through is still open, here.
fn a_registered_process_that_is_gone() -> io::Result<()> {
    mark!("a registered process that is gone");
    let device = open_device()?;
    let child = start(|| register(&device, usr1()))?;
    check!("the child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    raise(&device, CAUSE_SIGNAL)?;
    // A sleeper that is killed, with its signal registered.
    let (receiver, sender) = pipe()?;
    let child = start(|| {
        register(&device, Target { signal: Signal::SIGKILL as u32, restart: RESTARTSYS })?;
        write(&sender, b"r")?;
        wake_ups(&device).map(drop)
    })?;
    check!("it has registered", read(&receiver, &mut [0])?, 1);
    raise(&device, CAUSE_SIGNAL)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("the child", waitpid(child, None)?, killed);
    raise(&device, CAUSE_SIGNAL)?;
    Ok(())
}

/// Who registered is held until the end of the registration, and no longer: not
/// when another registers, or when the file is closed.
fn nobody_is_held() -> io::Result<()> {
    mark!("nobody is held");
    let before = pid_namespaces()?;
    let device = open_device()?;
    check!("it stays registered", in_a_pid_namespace(|| register(&device, usr1()))?, Ok(()));
    check!("namespaces after that", pid_namespaces()?, before + 1);
    register(&device, usr1())?;
    check!("namespaces after another", pid_namespaces()?, before);
    check!("it stays registered", in_a_pid_namespace(|| register(&device, usr1()))?, Ok(()));
    drop(device);
    check!("namespaces after the last close", pid_namespaces()?, before);
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open(pending: &SignalFd) -> io::Result<()> {
    mark!("removing the module while it is open");
    let device = open_device()?;
    register(&device, usr1())?;
    check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    raise(&device, CAUSE_SIGNAL)?;
    check!("signal all the same", take(pending)?, true);
    drop(device);
    check!("removal when closed", remove(), Ok(()));
    check!("removal of what is not there", remove(), Err(Errno::ENOENT));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    check!("a parameter that is none", load(c"wire=1"), Ok(()));
    Ok(())
}

/// The removal waits for the device, and the next to load the module does not
/// hear of it.
fn removing_the_module_while_the_device_is_busy() -> io::Result<()> {
    mark!("removing the module while the device is busy");
    let device = open_device()?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    drop(device);
    check!("removal", remove(), Ok(()));
    load(c"")?;
    let device = open_device()?;
    wake(&device)?;
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while it is open");
    let device = open_device()?;
    fs::write(device_of("lab_signal_self")?.join("remove"), "1")?;
    check!("write", wake(&device), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("write when it is back", wake(&device), Ok(()));
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// An interrupt arrives by either, and by the one that was asked for.
fn by_the_wire_and_by_a_message(pending: &SignalFd) -> io::Result<()> {
    mark!("by the wire and by a message");
    remove()?;
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(params)?;
        let device = open_device()?;
        register(&device, usr1())?;
        let (_, before) = interrupts_of("lab_signal_self")?;
        raise(&device, CAUSE_SIGNAL | CAUSE_WAKE)?;
        check!("signal", take(pending)?, true);
        check!("wake-ups", wake_ups(&device), Ok(1));
        check!("/proc/interrupts", interrupts_of("lab_signal_self")?, (by, before + 1));
        drop(device);
        check!("removal", remove(), Ok(()));
    }
    load(c"")?;
    Ok(())
}

/// After a registration for -ERESTART_RESTARTBLOCK the module cannot be removed.
fn what_stays_for_good() -> io::Result<()> {
    mark!("what stays for good");
    check!("removal before", remove(), Ok(()));
    load(c"")?;
    for _ in 0..2 {
        let device = open_device()?;
        register(&device, Target { restart: RESTARTBLOCK, ..usr1() })?;
        drop(device);
        check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    }
    Ok(())
}

/// Takes SIGUSR1, if it is pending, and says whether it was.
fn take(pending: &SignalFd) -> nix::Result<bool> {
    Ok(pending.read_signal()?.is_some())
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn remove() -> nix::Result<()> {
    bad_input::remove(lab::MODULE)
}

fn usr1() -> Target {
    Target { signal: Signal::SIGUSR1 as u32, restart: RESTARTSYS }
}

fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    write(device, &causes.to_ne_bytes()).map(drop)
}

fn wake(device: &OwnedFd) -> nix::Result<()> {
    raise(device, CAUSE_WAKE)
}

fn wake_ups(device: &OwnedFd) -> nix::Result<u32> {
    let mut count = [0; 4];
    read(device, &mut count)?;
    Ok(u32::from_ne_bytes(count))
}
