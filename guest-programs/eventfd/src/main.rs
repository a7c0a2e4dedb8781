//! What should a driver use instead of a signal?
//!
//! This program registers an eventfd with `kmods/eventfd`, whose interrupt
//! handler calls `eventfd_signal` (fs/eventfd.c), and waits for it in every way
//! that there is. Look in the timeline for who wakes it up, and for what is not
//! there: no signal is sent, and no handler runs.
//!
//! Documented in eventfd(2), poll(2), select(2) and epoll(7); the device in
//! QEMU's docs/specs/edu.rst.

use std::fs;
use std::hint::black_box;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use eventfd::{
    CONTEXT, Counters, NUMBER, Target, counters, open_device, raise, raise_later, register,
    unregister,
};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::prctl::{get_name, set_name};
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup, dup2_raw, fork, pipe};

/// Causes are bits, of which the driver chooses all but one: what edu raises
/// when a transfer ends, and so what LAB_EVENTFD_RAISE_LATER raises.
const CAUSE_DMA: u32 = 0x100;
const CAUSE_1: u32 = 0x1;
const CAUSE_2: u32 = 0x2;
const ANY_CAUSE: u32 = !0;

fn main() -> io::Result<()> {
    marker::open_trace();

    an_interrupt_ends_a_read()?;
    every_interrupt_counts()?;
    one_at_a_time()?;
    the_count_is_full()?;
    poll_and_select_sleep()?;
    epoll_by_level()?;
    epoll_by_edge()?;
    two_causes_in_one_loop()?;
    closed_before_the_interrupt()?;
    the_module_goes_first()?;
    a_number_means_nothing_in_an_interrupt()?;

    // The deliberate failures: what is no eventfd cannot be registered as one.
    let device = open_device()?;
    let (receiver, _sender) = pipe()?;
    let error = register(&device, target(&receiver)).expect_err("a pipe is no eventfd");
    check!("registering a pipe", error, Errno::EINVAL);
    println!("12. registering a pipe fails: {error}");
    let closed = Target { fd: i32::MAX, ..target(&receiver) };
    let error = register(&device, closed).expect_err("nothing is open there");
    check!("registering what is not open", error, Errno::EBADF);
    println!("    registering a closed descriptor fails: {error}");
    Ok(())
}

/// The whole way. This process sleeps in read(2); another one, which makes no
/// system call, is the one that gets interrupted.
fn an_interrupt_ends_a_read() -> nix::Result<()> {
    let device = open_device()?;
    // Without EFD_NONBLOCK: read(2) waits as long as the count is 0.
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
    register(&device, target(&eventfd))?;
    let spinner = start(|| {
        // Not spin_loop(): its PAUSE is costly in an emulator.
        let mut turns = 0_u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    })?;
    mark!("1. read: sleeps while {} spins; edu interrupts in 100 ms", spinner);
    raise_later(&device)?;
    check!("count", eventfd.read()?, 1);
    mark!("1. read has returned");
    let want = Counters { interrupts: 1, causes: CAUSE_DMA, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    println!("1. an interrupt ends a read: count 1");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(()) // `device` is closed here, which ends the registration.
}

/// Nobody reads while a thousand interrupts come, and none is lost.
fn every_interrupt_counts() -> io::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    // The lesson does not trace the interrupts of a process of this name: there
    // would be a thousand. The kernel counts them anyhow, in /proc/interrupts.
    let name = get_name()?;
    mark!("2. 1000 interrupts, not traced, while nobody reads");
    let before = interrupts()?;
    set_name(c"burst")?;
    for _ in 0..1000 {
        raise(&device, CAUSE_1)?;
    }
    set_name(&name)?;
    check!("interrupts", interrupts()? - before, 1000);
    check!("calls of eventfd_signal", counters(&device)?.signals, 1000);
    check!("eventfd-count in fdinfo", fdinfo(&eventfd)?, 1000);
    check!("count", eventfd.read()?, 1000);
    check!("count again", eventfd.read(), Err(Errno::EAGAIN));
    println!("2. 1000 interrupts, by /proc/interrupts: count 1000, in one read");
    println!("   that set it to 0: the next read fails: EAGAIN");
    Ok(())
}

/// EFD_SEMAPHORE: a read takes 1, and leaves the rest to others.
fn one_at_a_time() -> nix::Result<()> {
    let device = open_device()?;
    let semaphore = EventFd::from_flags(
        EfdFlags::EFD_SEMAPHORE | EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC,
    )?;
    register(&device, target(&semaphore))?;
    mark!("3. EFD_SEMAPHORE: 3 interrupts");
    for _ in 0..3 {
        raise(&device, CAUSE_1)?;
    }
    for _ in 0..3 {
        check!("count", semaphore.read()?, 1);
    }
    check!("a fourth read", semaphore.read(), Err(Errno::EAGAIN));
    println!("3. EFD_SEMAPHORE, 3 interrupts: reads of 1, 1, 1, then EAGAIN");
    Ok(())
}

/// The count has a limit, one for processes and one more for the kernel. An
/// interrupt handler cannot wait until somebody has read.
fn the_count_is_full() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;

    // As much as a process may add. One more would have to wait for a read.
    check!("bytes", eventfd.write(u64::MAX - 1)?, 8);
    check!("one more", eventfd.write(1), Err(Errno::EAGAIN));
    check!("2^64 - 1 at once", eventfd.write(u64::MAX), Err(Errno::EINVAL));
    check!("poll", look(&eventfd)?, PollFlags::POLLIN);
    println!("4. a count of 2^64 - 2: POLLIN alone; write(1) fails: EAGAIN");

    mark!("4. the count is 2^64 - 2: 2 interrupts");
    raise(&device, CAUSE_1)?;
    check!("poll", look(&eventfd)?, PollFlags::POLLIN | PollFlags::POLLERR);
    println!("   interrupt: 2^64 - 1: POLLIN and POLLERR: full");
    raise(&device, CAUSE_1)?;
    check!("calls of eventfd_signal", counters(&device)?.signals, 2);
    println!("   interrupt: lost, and eventfd_signal() does not say so");

    // select(2) has no name for POLLERR but "readable" and "writable".
    let (mut read, mut write) = (FdSet::new(), FdSet::new());
    read.insert(eventfd.as_fd());
    write.insert(eventfd.as_fd());
    let ready = select(None, &mut read, &mut write, None, &mut TimeVal::zero())?;
    check!("select", ready, 2);
    check!("a write", eventfd.write(1), Err(Errno::EAGAIN));
    println!("   select says writable, and write(1) still fails: EAGAIN");

    check!("count", eventfd.read()?, u64::MAX);
    check!("poll", look(&eventfd)?, PollFlags::POLLOUT);
    println!("   read: 2^64 - 1, then POLLOUT alone");
    Ok(())
}

/// The two older calls: the same wake-up, by the same function.
fn poll_and_select_sleep() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;

    mark!("5. poll: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, PollTimeout::NONE)?, 1);
    check!("revents", fds[0].revents(), Some(PollFlags::POLLIN));
    check!("count", eventfd.read()?, 1);

    mark!("5. select: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    let mut read = FdSet::new();
    read.insert(eventfd.as_fd());
    check!("select", select(None, &mut read, None, None, None)?, 1);
    check!("the set", read.contains(eventfd.as_fd()), true);
    mark!("5. select has returned");
    check!("count", eventfd.read()?, 1);
    println!("5. poll and select sleep until an interrupt: ready, count 1");
    Ok(())
}

/// Level-triggered: ready as long as there is something to read.
fn epoll_by_level() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    mark!("6. epoll, level: sleeps; edu interrupts in 100 ms");
    raise_later(&device)?;
    check!("ready", ready(&epoll, EpollTimeout::NONE)?, [0]);
    mark!("6. epoll_wait has returned");
    check!("ready again", ready(&epoll, EpollTimeout::ZERO)?, [0]);
    check!("count", eventfd.read()?, 1);
    check!("ready after the read", ready(&epoll, EpollTimeout::ZERO)?, []);
    println!("6. epoll, level: ready, and again, until it is read: count 1");
    Ok(())
}

/// Edge-triggered: told of once, for each interrupt anew. Whether anybody read
/// in between does not matter.
fn epoll_by_edge() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, 0))?;

    mark!("7. epoll, edge: 1 interrupt, then 2 at once");
    raise(&device, CAUSE_1)?;
    check!("ready", ready(&epoll, EpollTimeout::ZERO)?, [0]);
    check!("ready again", ready(&epoll, EpollTimeout::ZERO)?, []);
    check!("eventfd-count in fdinfo", fdinfo(&eventfd)?, 1);
    println!("7. epoll, edge: ready, and not again, although the count is 1");
    raise(&device, CAUSE_1)?;
    raise(&device, CAUSE_1)?;
    check!("ready by two interrupts", ready(&epoll, EpollTimeout::ZERO)?, [0]);
    check!("ready again", ready(&epoll, EpollTimeout::ZERO)?, []);
    check!("count", eventfd.read()?, 3);
    println!("   2 more interrupts, nothing read: ready once, count 3");
    Ok(())
}

/// A count does not say what happened. So an eventfd for each cause; the loop
/// is one all the same.
fn two_causes_in_one_loop() -> nix::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut sources = Vec::new();
    for cause in [CAUSE_1, CAUSE_2] {
        let (device, eventfd) = (open_device()?, new_eventfd()?);
        register(&device, Target { causes: cause, ..target(&eventfd) })?;
        epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, cause.into()))?;
        sources.push((device, eventfd));
    }
    mark!("8. causes 0x1, 0x2, then both in 1 interrupt");
    for (causes, want) in [(0x1, vec![0x1]), (0x2, vec![0x2]), (0x3, vec![0x1, 0x2])] {
        raise(&sources[0].0, causes)?;
        check!("ready", &ready(&epoll, EpollTimeout::ZERO)?, &want);
        for cause in &want {
            check!("count", sources[*cause as usize - 1].1.read()?, 1);
        }
        println!("8. interrupt with causes {causes:#x}: ready {want:?}, count 1 each");
    }
    Ok(())
}

/// What the module holds is there when the interrupt comes, whoever else has
/// let go of it.
fn closed_before_the_interrupt() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&eventfd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    // One descriptor of two is no close: the other one reads on.
    let (number, copy) = (eventfd.as_raw_fd(), dup(&eventfd)?);
    drop(eventfd);
    mark!("9. one of two descriptors is closed");
    raise(&device, CAUSE_1)?;
    let mut count = [0; 8];
    check!("bytes", nix::unistd::read(&copy, &mut count)?, 8);
    check!("count", u64::from_ne_bytes(count), 1);

    drop(copy);
    // A new one gets the lowest free number, as always. It is not the old one.
    let other = new_eventfd()?;
    check!("number of the next eventfd", other.as_raw_fd(), number);
    mark!("9. the eventfd is closed, and {} is another one", number);
    raise(&device, CAUSE_1)?;
    check!("calls of eventfd_signal", counters(&device)?.signals, 2);
    check!("count of the next", other.read(), Err(Errno::EAGAIN));
    check!("ready", ready(&epoll, EpollTimeout::ZERO)?, []);
    println!("9. closed before the interrupt: counted where nobody can read it");
    println!("   the next eventfd has its number {number}, and no count: EAGAIN");
    println!("   epoll has forgotten it: nothing ready");
    Ok(())
}

/// The other way round. The eventfd is the process's own: it has no idea who
/// adds to it, and does not say that nobody will any more.
fn the_module_goes_first() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    register(&device, target(&eventfd))?;
    drop(device);
    mark!("10. the device is closed, the eventfd is not");
    raise(&open_device()?, CAUSE_1)?;
    check!("poll", look(&eventfd)?, PollFlags::POLLOUT);
    println!("10. device closed: no count, and no POLLHUP or POLLERR either");
    Ok(())
}

/// The module remembers the number of the descriptor, and looks it up when the
/// interrupt comes: among the files of whoever is there.
fn a_number_means_nothing_in_an_interrupt() -> nix::Result<()> {
    let (device, eventfd) = (open_device()?, new_eventfd()?);
    let number = eventfd.as_raw_fd();

    mark!("11. the number {}, falls on the idle task", number);
    register(&device, Target { remember: NUMBER, ..target(&eventfd) })?;
    raise_later(&device)?;
    // With one processor, the interrupt comes while this process is asleep.
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, 200_u16)?, 0);
    let want =
        Counters { interrupts: 1, causes: CAUSE_DMA, signals: 0, result: -(Errno::EBADF as i32) };
    check!("counters", counters(&device)?, want);
    println!("11. number {number}, the idle task is interrupted: -EBADF, no count");
    unregister(&device)?;

    for (remember, how, mine, theirs) in
        [(NUMBER, "number", Err(Errno::EAGAIN), 1), (CONTEXT, "context", Ok(1), 0)]
    {
        register(&device, Target { remember, ..target(&eventfd) })?;
        // It has something else under the same number, and is interrupted.
        let other = start(|| {
            let own = new_eventfd()?;
            // SAFETY: this child does not use `eventfd` any more.
            std::mem::forget(unsafe { dup2_raw(&own, number) }?);
            mark!("11. by {}: edu interrupts in 100 ms", how);
            raise_later(&device)?;
            while counters(&device)?.interrupts == 0 {}
            Ok(own.read().unwrap_or(0) as i32)
        })?;
        check!("count of the other", waitpid(other, None)?, WaitStatus::Exited(other, theirs));
        check!("count", eventfd.read(), mine);
        println!("    by {how}, a child is interrupted: its {number} counts {theirs}");
        unregister(&device)?;
    }
    Ok(())
}

/// Starts a child that does `work`, then exits with what that returns.
fn start(work: impl FnOnce() -> nix::Result<i32>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = work().unwrap_or(255);
            // SAFETY: it does not return, and so leaves nothing half done.
            unsafe { libc::_exit(status) }
        }
    }
}

/// Which sources epoll_wait(2) reports, in the order of their data.
fn ready(epoll: &Epoll, timeout: EpollTimeout) -> nix::Result<Vec<u64>> {
    let mut events = [EpollEvent::empty(); 4];
    let count = epoll.wait(&mut events, timeout)?;
    let mut data: Vec<u64> = events[..count].iter().map(EpollEvent::data).collect();
    data.sort();
    Ok(data)
}

/// What poll(2) says of an eventfd, without waiting.
fn look(eventfd: &EventFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(eventfd.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT)];
    poll(&mut fds, PollTimeout::ZERO)?;
    fds[0].revents().ok_or(Errno::EINVAL)
}

/// How often the module's handler has run, as the kernel counts it. Its line
/// is "IRQ: count ... name", with one count for the one processor.
fn interrupts() -> io::Result<u64> {
    let table = fs::read_to_string("/proc/interrupts")?;
    table
        .lines()
        .find(|line| line.ends_with("lab_eventfd"))
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The count, without taking it: in hexadecimal in /proc/self/fdinfo.
fn fdinfo(eventfd: &EventFd) -> nix::Result<u64> {
    let path = format!("/proc/self/fdinfo/{}", eventfd.as_raw_fd());
    let text = fs::read_to_string(path).map_err(|_| Errno::EIO)?;
    text.lines()
        .find_map(|line| line.strip_prefix("eventfd-count:"))
        .and_then(|count| u64::from_str_radix(count.trim(), 16).ok())
        .ok_or(Errno::EIO)
}

fn new_eventfd() -> nix::Result<EventFd> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
}

/// What this lesson registers unless it says otherwise.
fn target(eventfd: &impl AsRawFd) -> Target {
    Target { fd: eventfd.as_raw_fd(), causes: ANY_CAUSE, remember: CONTEXT, padding: 0 }
}
