//! What `kmods/siginfo` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`, which runs
//! it at its end. It runs where that runs: as root, with the module loaded.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::{fs, io, ptr, thread};

use bad_input::{
    NOWHERE, block, by_a_user, device_of, ended, half_in_memory, in_a_pid_namespace,
    ioctl_of_32_bits, pid_namespaces, start, take,
};
use marker::check;
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, dup, execve, getpid, gettid, pause, pipe, read, write};
use siginfo as lab;
use siginfo::{
    Counters, IOC, KERNEL, KILL_PID, QUEUE, Target, counters, open_device, raise, raise_later,
    register, request, unregister,
};

/// SIGRTMIN + 10
const SIGNAL: c_int = 44;
const VALUE: i32 = 1234;

/// Each way to send.
const SENDS: [u32; 3] = [QUEUE, KERNEL, KILL_PID];

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_SIGINFO_REGISTER's number, but with a structure of another size.
    register_of_another_size, IOC, 1, [u32; 3]
);
nix::ioctl_none!(
    /// LAB_SIGINFO_UNREGISTER's number, but of another driver.
    unregister_of_another_driver, IOC - 1, 2
);

fn main() -> io::Result<()> {
    if std::env::args().nth(1).is_some() {
        return was_executed();
    }
    // What is sent stays pending, where it can be counted.
    block(SIGNAL)?;
    // The wire, as it was loaded, and then the message.
    each_refusal()?;
    remove()?;
    load(c"msi=1")?;
    each_refusal()?;
    remove()?;
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    // As it was.
    load(c"")?;
    println!("15. bad input: every refusal was the right one");
    Ok(())
}

fn each_refusal() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    registering_twice()?;
    unregistering_what_is_not_ones_own()?;
    closing_while_registered()?;
    dying_while_registered()?;
    executing_while_registered()?;
    a_registrant_that_is_gone()?;
    a_thread_that_is_gone()?;
    nobody_is_held()?;
    an_interrupt_for_nobody()?;
    interrupting_twice_at_once()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    removing_the_device_while_open()
}

fn unknown_requests() -> io::Result<()> {
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
    let device = open_device()?;
    let with_signal = |signal| Target { signal, ..target() };
    for (what, bad) in [
        ("signal 0", with_signal(0)),
        ("signal 65", with_signal(65)),
        ("signal 44 + 2^31", with_signal(44 | 1 << 31)),
        ("signal 2^32 - 1", with_signal(u32::MAX)),
        ("SIGKILL", with_signal(libc::SIGKILL as u32)),
        ("SIGSTOP", with_signal(libc::SIGSTOP as u32)),
        ("send 3", Target { send: KILL_PID + 1, ..target() }),
        ("kill_pid with a value", Target { send: KILL_PID, ..target() }),
        ("padding 1", Target { padding: 1, ..target() }),
    ] {
        check!(what, register(&device, bad), Err(Errno::EINVAL));
    }
    // The first and the last signal that may be asked for.
    for signal in [1, 64] {
        check!("a signal at the border", register(&device, with_signal(signal)), Ok(()));
        check!("its end", unregister(&device), Ok(()));
    }
    // Every value may be sent.
    for value in [i32::MIN, -1, 0, i32::MAX] {
        register(&device, Target { value, ..target() })?;
        raise(&device)?;
        check!("value", take(SIGNAL)?, Some(value));
        unregister(&device)?;
    }
    Ok(())
}

fn registering_twice() -> io::Result<()> {
    let (device, other) = (open_device()?, open_device()?);
    register(&device, target())?;
    check!("again", register(&device, target()), Err(Errno::EBUSY));
    check!("by another open", register(&other, target()), Err(Errno::EBUSY));
    let child = start(|| register(&open_device()?, target()))?;
    check!("by another process", ended(child)?, Err(Errno::EBUSY));
    Ok(())
}

fn unregistering_what_is_not_ones_own() -> io::Result<()> {
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
    let other = open_device()?;
    for send in SENDS {
        let device = open_device()?;
        register(&device, target_by(send))?;
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
    let device = open_device()?;
    for send in SENDS {
        let open_and_register = || {
            let own = open_device()?;
            register(&own, target_by(send))?;
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

/// The argument with which this program executes itself.
const EXECUTED: &CStr = c"executed";

/// O_CLOEXEC: a program that does not know of the signal does not get it.
fn executing_while_registered() -> io::Result<()> {
    let device = open_device()?;
    let child = start(|| {
        let own = open_device()?;
        register(&own, target())?;
        execve(c"/proc/self/exe", &[c"siginfo-bad-input", EXECUTED], &[] as &[&CStr]).map(drop)
    })?;
    check!("the child", ended(child)?, Ok(()));
    check!("after it", register(&device, target()), Ok(()));
    Ok(())
}

/// What it then does: who registered is still alive, but no longer registered.
fn was_executed() -> io::Result<()> {
    let device = open_device()?;
    raise(&device)?;
    check!("signal after execve", take(SIGNAL)?, None);
    check!("registering after execve", register(&device, target()), Ok(()));
    Ok(())
}

/// It registered through a file that stays open when it is gone.
fn a_registrant_that_is_gone() -> io::Result<()> {
    let device = open_device()?;
    for send in SENDS {
        let child = start(|| register(&device, target_by(send)))?;
        // WNOWAIT waits for the exit and leaves the zombie in place.
        waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        raise(&device)?;
        check!("a zombie", counters(&device)?.result, 0);
        check!("the child", ended(child)?, Ok(()));
        raise(&device)?;
        check!("nobody", counters(&device)?.result, -(Errno::ESRCH as i32));
        check!("signal for this process", take(SIGNAL)?, None);
        unregister(&device)?;
    }
    Ok(())
}

/// A thread that is gone is not mistaken for its process, nor is a process gone
/// because a thread is.
fn a_thread_that_is_gone() -> io::Result<()> {
    for (send, result) in [(QUEUE, -(Errno::ESRCH as i32)), (KILL_PID, 0)] {
        let device = open_device()?;
        let copy = dup(&device)?;
        let registrant = thread::spawn(move || register(&copy, target_by(send)).map(|()| gettid()));
        let thread = registrant.join().expect("it does not panic")?;
        // join() returns when the thread has let go of its memory, which is a
        // little before it is gone.
        while exists(thread) {
            nix::sched::sched_yield()?;
        }
        raise(&device)?;
        check!("result", counters(&device)?.result, result);
        check!("signal", take(SIGNAL)?, (result == 0).then_some(0));
    }
    Ok(())
}

fn exists(thread: Pid) -> bool {
    // SAFETY: signal 0 is not sent; it is only found out whether it could be.
    unsafe { libc::syscall(libc::SYS_tgkill, getpid().as_raw(), thread.as_raw(), 0) == 0 }
}

/// Who registered is held until the end of the registration, and no longer: not by
/// a registration that was refused, or is over, or whose file is closed.
fn nobody_is_held() -> io::Result<()> {
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

fn interrupting_twice_at_once() -> io::Result<()> {
    let device = open_device()?;
    register(&device, target())?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    while counters(&device)?.interrupts == 0 {
        nix::sched::sched_yield()?;
    }
    let want = Counters { interrupts: 1, causes: 0x100, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    check!("signal", take(SIGNAL)?, Some(VALUE));
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    let device = open_device()?;
    register(&device, target())?;
    check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    raise(&device)?;
    check!("signal all the same", take(SIGNAL)?, Some(VALUE));
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    let device = open_device()?;
    register(&device, target())?;
    fs::write(device_of("lab_siginfo")?.join("remove"), "1")?;
    check!("raise", raise(&device), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("counters", counters(&device)?, Counters::default());
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise(&device), Ok(()));
    check!("signal", take(SIGNAL)?, Some(VALUE));
    Ok(())
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn remove() -> nix::Result<()> {
    bad_input::remove(lab::MODULE)
}

fn target() -> Target {
    target_by(QUEUE)
}

fn target_by(send: u32) -> Target {
    let value = if send == KILL_PID { 0 } else { VALUE };
    Target { signal: SIGNAL as u32, send, value, padding: 0 }
}
