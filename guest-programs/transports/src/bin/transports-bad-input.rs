//! What `kmods/transports` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::{fs, io, ptr};

use bad_input::{
    By, NOWHERE, by_a_user, device_of, ended, half_in_memory, in_a_pid_namespace, interrupts_of,
    ioctl_of_32_bits, next_eventfd, pid_namespaces, start,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::{dup, read};
use transports::{
    Choice, Counters, EVENTFD, IOC, MODULE, MODULE_FILE, NETLINK, QUEUE, RECORDS, Record, SIGNAL,
    choose, counters, load, open_device, raise,
};

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);

fn main() -> io::Result<()> {
    marker::open_trace();
    load()?;
    bad_choices()?;
    bad_pointers_and_counts()?;
    choosing_twice()?;
    an_eventfd_that_is_closed()?;
    a_process_that_is_gone()?;
    nothing_is_held()?;
    bad_reads()?;
    the_device_goes()?;
    only_root_may()?;
    removing_the_module()?;
    by_the_wire_and_by_a_message()?;
    println!("every refusal was the right one");
    Ok(())
}

fn bad_choices() -> io::Result<()> {
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
    // A program of 32 bits asks by another entry, and is heard as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 2, size_of::<u32>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

fn bad_pointers_and_counts() -> io::Result<()> {
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

fn choosing_twice() -> io::Result<()> {
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

/// The module holds the eventfd's context: closing it here takes nothing away,
/// and another file with its number gets nothing.
fn an_eventfd_that_is_closed() -> io::Result<()> {
    mark!("an eventfd that is closed");
    let device = open_device()?;
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let eventfd = EventFd::from_flags(flags)?;
    let number = eventfd.as_fd().as_raw_fd();
    let choice = Choice { transport: EVENTFD, eventfd: number, ..Choice::default() };
    choose_by(&device, choice)?;
    drop(eventfd);
    let other = EventFd::from_flags(flags)?;
    check!("the same number", other.as_fd().as_raw_fd(), number);
    check!("raise", raise_count(&device, 10), Ok(()));
    check!("the other one", other.read(), Err(Errno::EAGAIN));
    check!("accepted", counted(&device)?.accepted, 10);
    Ok(())
}

fn a_process_that_is_gone() -> io::Result<()> {
    mark!("a process that is gone");
    let device = open_device()?;
    let choice = Choice { transport: SIGNAL, signal: 44, ..Choice::default() };
    let child = start(|| choose_by(&device, choice))?;
    check!("child", ended(child)?, Ok(()));
    check!("raise", raise_count(&device, 3), Ok(()));
    let esrch = -(Errno::ESRCH as i32);
    let want = Counters { interrupts: 3, accepted: 0, refused: 3, error: esrch };
    check!("counters", counted(&device)?, want);
    Ok(())
}

/// Whom a choice holds, it holds until the next choice or the last close.
fn nothing_is_held() -> io::Result<()> {
    mark!("nothing is held");
    let queue = Choice { transport: QUEUE, ..Choice::default() };
    let signal = Choice { transport: SIGNAL, signal: 44, ..Choice::default() };
    let (processes, eventfds) = (pid_namespaces()?, next_eventfd()?);
    let device = open_device()?;
    check!("it chooses", in_a_pid_namespace(|| choose_by(&device, signal))?, Ok(()));
    check!("namespaces", pid_namespaces()?, processes + 1);
    choose_by(&device, queue)?;
    check!("namespaces after another choice", pid_namespaces()?, processes);

    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    let number = eventfd.as_fd().as_raw_fd();
    let by_eventfd = Choice { transport: EVENTFD, eventfd: number, ..Choice::default() };
    choose_by(&device, by_eventfd)?;
    drop(eventfd);
    check!("eventfds", next_eventfd()?, eventfds + 1);
    choose_by(&device, queue)?;
    check!("eventfds after another choice", next_eventfd()?, eventfds);

    // Refused, since the device is another's.
    let refused = || choose_by(&open_device()?, signal);
    check!("it is refused", in_a_pid_namespace(refused)?, Err(Errno::EBUSY));
    check!("namespaces after that", pid_namespaces()?, processes);
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    check!("the same number", eventfd.as_fd().as_raw_fd(), number);
    let refused = choose_by(&open_device()?, by_eventfd);
    check!("an eventfd is refused", refused, Err(Errno::EBUSY));
    drop(eventfd);
    check!("eventfds after that", next_eventfd()?, eventfds);
    Ok(())
}

fn bad_reads() -> io::Result<()> {
    mark!("bad reads");
    let device = open_device()?;
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    check!("nothing there", read(&device, &mut [0; 64]), Err(Errno::EAGAIN));
    check!("nothing to poll", readable(&device)?, false);
    check!("no room", read(&device, &mut []), Err(Errno::EINVAL));
    check!("too little room", read(&device, &mut [0; Record::SIZE - 1]), Err(Errno::EINVAL));
    raise_count(&device, 3)?;
    check!("something to poll", readable(&device)?, true);
    let mut bytes = [0; 2 * Record::SIZE + 1];
    check!("whole records only", read(&device, &mut bytes), Ok(2 * Record::SIZE));
    // The module is not asked when the address is the kernel's, and the record stays.
    let [page_0, of_the_kernel] = NOWHERE;
    check!("read to the kernel's half", read_to(&device, of_the_kernel, 16), Err(Errno::EFAULT));
    check!("the third record", read(&device, &mut bytes), Ok(Record::SIZE));
    check!("its number", Record::from_bytes(&bytes[..Record::SIZE]).number, 3);
    // What it has taken for the caller and cannot hand over is gone.
    raise_count(&device, 1)?;
    check!("read to page 0", read_to(&device, page_0, 16), Err(Errno::EFAULT));
    check!("the fourth record", read(&device, &mut bytes), Err(Errno::EAGAIN));
    // But not what it handed over before.
    raise_count(&device, 3)?;
    let half = half_in_memory::<[u8; 2 * Record::SIZE]>()?;
    check!("room for one", read_to(&device, half.addr(), 2 * Record::SIZE), Ok(Record::SIZE));
    check!("the seventh record", read(&device, &mut bytes), Ok(Record::SIZE));
    check!("its number", Record::from_bytes(&bytes[..Record::SIZE]).number, 7);

    // The loss comes where it happened: before the next record, or at the end.
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    raise_count(&device, RECORDS as u32 + 7)?;
    let mut all = vec![0; RECORDS * Record::SIZE];
    check!("a queue full", read(&device, &mut all), Ok(RECORDS * Record::SIZE));
    raise_count(&device, 1)?;
    let mut one = [0; Record::SIZE];
    read(&device, &mut one)?;
    let want = Record { number: RECORDS as u32 + 8, payload: 1, lost: 7 };
    check!("the record behind the gap", Record::from_bytes(&one), want);
    raise_count(&device, RECORDS as u32 + 2)?;
    read(&device, &mut all)?;
    check!("a loss can be polled for", readable(&device)?, true);
    read(&device, &mut one)?;
    check!(
        "the loss at the end",
        Record::from_bytes(&one),
        Record { lost: 2, ..Record::default() }
    );
    check!("nothing after it", read(&device, &mut one), Err(Errno::EAGAIN));
    Ok(())
}

/// read(2) to an address at which there may be nothing.
fn read_to(device: &OwnedFd, address: usize, size: usize) -> nix::Result<usize> {
    let to = ptr::without_provenance_mut(address);
    // SAFETY: the kernel writes to memory that nothing else uses, or finds out that
    // there is none.
    let result = unsafe { libc::read(device.as_raw_fd(), to, size) };
    Errno::result(result).map(|size| size as usize)
}

fn the_device_goes() -> io::Result<()> {
    mark!("the device goes, and comes back");
    let device = open_device()?;
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    fs::write(device_of("lab_transports")?.join("remove"), "1")?;
    check!("raise", raise_count(&device, 1), Err(Errno::ENODEV));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", raise_count(&device, 1), Ok(()));
    check!("accepted", counted(&device)?.accepted, 1);
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it");
    check!("open by user 1000", by_a_user(|| open_device().map(drop))?, Err(Errno::EACCES));
    Ok(())
}

fn removing_the_module() -> io::Result<()> {
    mark!("removing the module");
    let device = open_device()?;
    choose_by(&device, Choice { transport: NETLINK, ..Choice::default() })?;
    raise_count(&device, 10)?;
    check!("nobody listens", counted(&device)?.error, -(Errno::ESRCH as i32));
    check!("while it is open", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(), Err(Errno::EEXIST));
    drop(device);
    check!("removal", remove(), Ok(()));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    Ok(())
}

/// An interrupt arrives by either, and by the one that was asked for.
fn by_the_wire_and_by_a_message() -> io::Result<()> {
    mark!("by the wire and by a message");
    let load = |params| bad_input::load(MODULE_FILE, params);
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device().err(), Some(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(params)?;
        let device = open_device()?;
        choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
        let (_, before) = interrupts_of("lab_transports")?;
        raise_count(&device, 1000)?;
        let want = Record { number: 1, payload: 1, lost: 0 };
        let mut one = [0; Record::SIZE];
        read(&device, &mut one)?;
        check!("the first record", Record::from_bytes(&one), want);
        check!("interrupts", counted(&device)?.interrupts, 1000);
        check!("/proc/interrupts", interrupts_of("lab_transports")?, (by, before + 1000));
        drop(device);
        check!("removal", remove(), Ok(()));
    }
    Ok(())
}

fn remove() -> nix::Result<()> {
    bad_input::remove(MODULE)
}

fn choose_by(device: &OwnedFd, choice: Choice) -> nix::Result<()> {
    // SAFETY: the module reads one Choice, which lives through the call.
    unsafe { choose(device.as_raw_fd(), &choice) }.map(drop)
}

fn raise_count(device: &OwnedFd, count: u32) -> nix::Result<()> {
    // SAFETY: the module reads one u32, which lives through the call.
    unsafe { raise(device.as_raw_fd(), &count) }.map(drop)
}

fn counted(device: &OwnedFd) -> nix::Result<Counters> {
    let mut to = Counters::default();
    // SAFETY: the module writes one Counters, any content of which is valid.
    unsafe { counters(device.as_raw_fd(), &mut to) }?;
    Ok(to)
}

fn readable(device: &OwnedFd) -> nix::Result<bool> {
    let mut fds = [PollFd::new(device.as_fd(), PollFlags::POLLIN)];
    Ok(poll(&mut fds, PollTimeout::ZERO)? == 1)
}
