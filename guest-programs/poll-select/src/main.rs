//! What does the kernel write into your arguments?
//!
//! select(2) and poll(2) answer in the very memory in which they were asked.
//! This program looks at that memory after each call. Some of its sleeps are
//! ended by the edu device, through `kmods/poll_select`: look in the timeline
//! at who wakes the sleeper, and in whose context the bit is found.
//!
//! select and poll are called with libc's own structures here: nix's `FdSet`
//! and `PollFd` hold open descriptors only, and closed ones are half the story.
//!
//! Documented in select(2), poll(2), epoll_ctl(2) and signal(7).

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{
    self, FD_ISSET, FD_SET, FD_SETSIZE, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, c_int,
    c_short, fd_set, pollfd, timeval,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, close, dup2_raw, fork, getpid, pipe, read, write};
use poll_select as lab;
use poll_select::{ORDINARY, URGENT};
use steps::wait_until_asleep;

/// Long enough that no call here ever waits for it to end.
const TEN_SECONDS: timeval = timeval { tv_sec: 10, tv_usec: 0 };
const ONE_MS: timeval = timeval { tv_sec: 0, tv_usec: 1000 };
const NO_TIME: timeval = timeval { tv_sec: 0, tv_usec: 0 };

/// A descriptor that is not open, but lies below the size of the table of
/// descriptors, which begins at 64; and one that lies above it.
const CLOSED: RawFd = 60;
const ABOVE: RawFd = 900;

/// How often the signal handler ran.
static RUNS: AtomicI32 = AtomicI32::new(0);

extern "C" fn on_signal(_signal: c_int) {
    RUNS.fetch_add(1, Relaxed);
    mark!("handler");
}

fn main() -> io::Result<()> {
    marker::open_trace();

    select_rewrites_the_sets()?;
    a_timeout_leaves_nothing()?;
    the_time_that_is_left()?;
    a_closed_descriptor()?;
    a_descriptor_above_the_table()?;
    poll_answers_beside_the_question()?;
    select_translates()?;
    a_regular_file()?;

    let device = open_device()?;
    an_interrupt_wakes_select(&device)?;
    an_interrupt_that_nobody_asked_for(&device)?;
    one_descriptor_counts_three_times(&device)?;

    a_signal_ends_the_sleep()?;
    read_restarts()?;
    without_a_handler_they_restart()?;

    readiness_is_no_promise(&device)?;
    drop(device);
    bad_input()
}

/// What was watched goes in, what is ready comes out, in the same bits.
fn select_rewrites_the_sets() -> io::Result<()> {
    let ((a, a_in), (b, _b_in)) = (pipe()?, pipe()?);
    write(&a_in, b"x")?;

    mark!("1. select: data in one pipe of two");
    let (mut reads, mut writes) = (set(&[&a, &b]), set(&[&a_in]));
    let ready = select(nfds(&[&a, &b, &a_in]), Some(&mut reads), Some(&mut writes), None, None);
    check!("select", ready, Ok(2));
    check!("reads", members(&reads), numbers(&[&a]));
    check!("writes", members(&writes), numbers(&[&a_in]));
    println!("1. select on two pipes, one with data: returns 2");
    println!("   reads  {{a, b}}  becomes {{a}}");
    println!("   writes {{a_in}}  stays {{a_in}}");

    // Descriptors are counted from 0, so nfds is the highest plus 1.
    let mut reads = set(&[&a]);
    check!(
        "nfds",
        select(a.as_raw_fd(), Some(&mut reads), None, None, Some(&mut { NO_TIME })),
        Ok(0)
    );
    println!("   nfds = a, not a + 1: returns 0, nobody looked at a");
    Ok(())
}

/// A loop that fills its variables before it, and not in it, works once.
fn a_timeout_leaves_nothing() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    let (mut reads, mut left) = (set(&[&a]), ONE_MS);

    mark!("2. select: times out");
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select", ready, Ok(0));
    check!("reads", members(&reads), vec![]);
    check!("time left, us", micros(&left), 0);
    println!("2. timeout of 1 ms: returns 0, reads {{a}} becomes {{}}, time 0");

    mark!("3. the same variables again, with data");
    write(&a_in, b"x")?;
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select, second turn", ready, Ok(0));
    println!("3. same variables again, with data in a: returns 0 at once");

    let (mut reads, mut left) = (set(&[&a]), ONE_MS);
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select, filled anew", ready, Ok(1));
    println!("   filled anew: returns 1");
    Ok(())
}

/// Linux tells what is left of the time. The C library's pselect() does not.
fn the_time_that_is_left() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    write(&a_in, b"x")?;

    mark!("4. what is left of 10 s");
    let (mut reads, mut left) = (set(&[&a]), TEN_SECONDS);
    check!("select", select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left)), Ok(1));
    check!("select rewrites the time", is_part_of_ten_seconds(&left), true);

    let ten = libc::timespec { tv_sec: 10, tv_nsec: 0 };
    let mut by_libc = ten;
    // SAFETY: set and time are valid, and there is no signal mask.
    let ready = unsafe {
        let (reads, null) = (&raw mut reads, ptr::null_mut());
        libc::pselect(nfds(&[&a]), reads, null, null, &raw const by_libc, ptr::null())
    };
    check!("pselect()", Errno::result(ready), Ok(1));
    check!("time after pselect()", (by_libc.tv_sec, by_libc.tv_nsec), (10, 0));

    // The system call behind it, which writes.
    let null = ptr::null_mut::<fd_set>();
    // SAFETY: as above.
    let ready = unsafe {
        let (nfds, reads, time) = (nfds(&[&a]), &raw mut reads, &raw mut by_libc);
        libc::syscall(libc::SYS_pselect6, nfds, reads, null, null, time, null)
    };
    check!("pselect6", Errno::result(ready), Ok(1));
    let left = timeval { tv_sec: by_libc.tv_sec, tv_usec: by_libc.tv_nsec / 1000 };
    check!("pselect6 rewrites the time", is_part_of_ten_seconds(&left), true);
    println!("4. data at once, timeout 10 s: select makes it 9.9…");
    println!("   pselect() leaves it at 10; its system call makes it 9.9… too");
    Ok(())
}

/// An error leaves the sets alone. They are not an answer.
fn a_closed_descriptor() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    write(&a_in, b"x")?;

    mark!("5. select: a closed descriptor");
    let (mut reads, mut left) = (set(&[&a]), TEN_SECONDS);
    add(&mut reads, CLOSED);
    let before = members(&reads);
    let error = select(CLOSED + 1, Some(&mut reads), None, None, Some(&mut left));
    check!("select", error, Err(Errno::EBADF));
    check!("reads", members(&reads), before);
    check!("select rewrites the time", is_part_of_ten_seconds(&left), true);
    println!("5. descriptor {CLOSED} is closed: EBADF");
    println!("   reads {{a, {CLOSED}}} untouched, though a has data; time rewritten");
    Ok(())
}

/// The kernel looks no further than its table of descriptors reaches: neither
/// at the question nor to answer it.
fn a_descriptor_above_the_table() -> io::Result<()> {
    mark!("6. select: a closed descriptor above the table");
    let (mut reads, mut left) = (empty(), ONE_MS);
    add(&mut reads, ABOVE);
    let ready = select(ABOVE + 1, Some(&mut reads), None, None, Some(&mut left));
    check!("select", ready, Ok(0));
    check!("time left, us", micros(&left), 0);
    check!("reads", members(&reads), vec![ABOVE]);
    println!("6. descriptor {ABOVE} is closed: no error, returns 0 after 1 ms");
    println!("   reads {{{ABOVE}}} untouched: it looks ready");

    // The table grows with the highest descriptor, and never shrinks.
    // SAFETY: nothing in this program owns a descriptor of that number.
    let high = unsafe { dup2_raw(io::stdin(), ABOVE) }?;
    close(high)?;
    let mut reads = empty();
    add(&mut reads, ABOVE);
    let error = select(ABOVE + 1, Some(&mut reads), None, None, Some(&mut { ONE_MS }));
    check!("select with a larger table", error, Err(Errno::EBADF));
    println!("   after {ABOVE} was open once: EBADF");
    Ok(())
}

/// poll has a field for the question and another for the answer.
fn poll_answers_beside_the_question() -> io::Result<()> {
    let (quiet, _quiet_in) = pipe()?;
    let (data, data_in) = pipe()?;
    let (ended, ended_in) = pipe()?;
    let (last_data, last_data_in) = pipe()?;
    let (unread, unread_in) = pipe()?;
    write(&data_in, b"x")?;
    write(&last_data_in, b"x")?;
    drop((ended_in, last_data_in, unread));

    let wanted: [(&str, RawFd, c_short, c_short); 9] = [
        ("pipe without data, POLLIN", quiet.as_raw_fd(), POLLIN, 0),
        ("pipe with data, POLLIN", data.as_raw_fd(), POLLIN, POLLIN),
        ("pipe with data, nothing", data.as_raw_fd(), 0, 0),
        ("no writer, nothing", ended.as_raw_fd(), 0, POLLHUP),
        ("no writer, data, POLLIN", last_data.as_raw_fd(), POLLIN, POLLIN | POLLHUP),
        ("no reader, nothing", unread_in.as_raw_fd(), 0, POLLERR),
        ("no reader, POLLOUT", unread_in.as_raw_fd(), POLLOUT, POLLOUT | POLLERR),
        ("closed, nothing", CLOSED, 0, POLLNVAL),
        ("-1, POLLIN", -1, POLLIN, 0),
    ];
    // revents need not be cleared: the kernel writes each of them.
    let mut fds = wanted.map(|(_, fd, events, _)| pollfd { fd, events, revents: !0 });

    mark!("7. poll: nine descriptors");
    check!("poll", poll(&mut fds, -1), Ok(6));
    println!("7. poll on nine descriptors: returns 6 at once");
    for ((what, _, events, revents), got) in wanted.into_iter().zip(fds) {
        check!(what, (got.events, got.revents), (events, revents));
        println!("   {what:<26}{}", names(revents));
    }
    println!("   events is as it was in all of them");

    // So the same array will do for the next call.
    read(&data, &mut [0])?;
    check!("poll again", poll(&mut fds, -1), Ok(5));
    check!("revents", fds[1].revents, 0);
    Ok(())
}

/// select has no bit for an end or an error: it says readable, writable.
fn select_translates() -> io::Result<()> {
    let (ended, ended_in) = pipe()?;
    let (unread, unread_in) = pipe()?;
    drop((ended_in, unread));

    mark!("8. select: no writer, no reader");
    let [mut reads, mut writes, mut excepts] = [set(&[&ended, &unread_in]); 3];
    let nfds = nfds(&[&ended, &unread_in]);
    let ready = select(nfds, Some(&mut reads), Some(&mut writes), Some(&mut excepts), None);
    check!("select", ready, Ok(3));
    check!("reads", members(&reads), numbers(&[&ended, &unread_in]));
    check!("writes", members(&writes), numbers(&[&unread_in]));
    check!("excepts", members(&excepts), vec![]);
    println!("8. select, no writer: readable; no reader: readable and writable");
    println!("   neither is exceptional");
    Ok(())
}

/// There is nothing to wait for at a file on a disk, and epoll says so.
fn a_regular_file() -> io::Result<()> {
    let file = File::options().read(true).write(true).create_new(true).open("empty")?;
    fs::remove_file("empty")?;

    mark!("9. a regular file");
    let mut fds = [pollfd { fd: file.as_raw_fd(), events: POLLIN | POLLOUT, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN | POLLOUT);
    check!("read", read(&file, &mut [0]), Ok(0));
    let [mut reads, mut writes] = [set(&[&file]); 2];
    let ready = select(nfds(&[&file]), Some(&mut reads), Some(&mut writes), None, None);
    check!("select", ready, Ok(2));

    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let added = epoll.add(&file, EpollEvent::new(EpollFlags::EPOLLIN, 0));
    check!("epoll_ctl", added, Err(Errno::EPERM));
    println!("9. empty regular file: readable and writable, always");
    println!("   epoll_ctl: EPERM");
    Ok(())
}

/// The bit has an origin outside the processor.
fn an_interrupt_wakes_select(device: &OwnedFd) -> io::Result<()> {
    mark!("10. select sleeps; a child has edu interrupt");
    let child = when_asleep(|| raise(device, ORDINARY))?;
    let mut reads = set(&[device]);
    check!("select", select(nfds(&[device]), Some(&mut reads), None, None, None), Ok(1));
    check!("reads", members(&reads), numbers(&[device]));
    check!("causes", causes(device), Ok(ORDINARY));
    ended_well(child)?;
    println!("10. select sleeps, edu interrupts a child: returns 1, reads {{device}}");
    Ok(())
}

/// The interrupt handler says what has come, and poll's entry in the wait queue
/// what is wanted: the wrong interrupt leaves the sleeper asleep.
fn an_interrupt_that_nobody_asked_for(device: &OwnedFd) -> io::Result<()> {
    mark!("11. poll sleeps for POLLIN; first comes POLLPRI");
    let child = when_asleep(|| {
        raise(device, URGENT)?;
        raise(device, ORDINARY)
    })?;
    let mut fds = [pollfd { fd: device.as_raw_fd(), events: POLLIN, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN);
    ended_well(child)?;
    println!("11. poll sleeps for POLLIN, edu interrupts twice: woken by the second");
    println!("   revents POLLIN: the first, POLLPRI, is there but was not asked for");
    Ok(())
}

/// select returns the number of bits, not of descriptors.
fn one_descriptor_counts_three_times(device: &OwnedFd) -> io::Result<()> {
    mark!("12. select: one descriptor in three sets");
    let [mut reads, mut writes, mut excepts] = [set(&[device]); 3];
    let nfds = nfds(&[device]);
    let ready = select(nfds, Some(&mut reads), Some(&mut writes), Some(&mut excepts), None);
    check!("select", ready, Ok(3));
    for set in [&reads, &writes, &excepts] {
        check!("a set", members(set), numbers(&[device]));
    }
    check!("causes", causes(device), Ok(ORDINARY | URGENT));
    println!("12. the device, with both pending, in three sets: returns 3");
    Ok(())
}

/// SA_RESTART is for calls that wait without a limit, and not for these.
fn a_signal_ends_the_sleep() -> io::Result<()> {
    let action =
        SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;
    let parent = getpid();
    let (a, _a_in) = pipe()?;

    mark!("13. select sleeps; a signal comes, with SA_RESTART");
    let child = when_asleep(|| kill(parent, Signal::SIGUSR1))?;
    let (mut reads, mut left) = (set(&[&a]), TEN_SECONDS);
    let error = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select", error, Err(Errno::EINTR));
    check!("runs of the handler", RUNS.load(Relaxed), 1);
    check!("reads", members(&reads), numbers(&[&a]));
    check!("select rewrites the time", (1..10_000_000).contains(&micros(&left)), true);
    ended_well(child)?;
    println!("13. select, a signal, SA_RESTART: EINTR all the same");
    println!("   reads {{a}} untouched, though a has no data; time rewritten");

    mark!("14. poll sleeps; a signal comes, with SA_RESTART");
    let child = when_asleep(|| kill(parent, Signal::SIGUSR1))?;
    let mut fds = [pollfd { fd: a.as_raw_fd(), events: POLLIN, revents: !0 }];
    check!("poll", poll(&mut fds, -1), Err(Errno::EINTR));
    check!("runs of the handler", RUNS.load(Relaxed), 2);
    check!("revents", fds[0].revents, 0);
    ended_well(child)?;
    println!("14. poll, a signal, SA_RESTART: EINTR; revents is written: 0");
    Ok(())
}

/// The same handler, and a call that SA_RESTART is for.
fn read_restarts() -> io::Result<()> {
    let parent = getpid();
    let (a, a_in) = pipe()?;

    mark!("15. read sleeps; a signal comes, then data");
    let child = when_asleep(|| {
        kill(parent, Signal::SIGUSR1)?;
        wait_until_asleep(parent)?;
        write(&a_in, b"x").map(drop)
    })?;
    check!("read", read(&a, &mut [0]), Ok(1));
    check!("runs of the handler", RUNS.load(Relaxed), 3);
    ended_well(child)?;
    println!("15. read, a signal, SA_RESTART: the handler runs, read goes on");
    Ok(())
}

/// A signal that runs no handler: the sleeper never hears of it. The timeline
/// shows how differently the two calls go on.
fn without_a_handler_they_restart() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    let by_select = || {
        let (mut reads, mut left) = (set(&[&a]), TEN_SECONDS);
        let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
        check!("select, stopped and continued", ready, Ok(1));
        Ok(())
    };
    let by_poll = || {
        let mut fds = [pollfd { fd: a.as_raw_fd(), events: POLLIN, revents: 0 }];
        check!("poll, stopped and continued", poll(&mut fds, 10_000), Ok(1));
        Ok(())
    };

    mark!("16. a child in select is stopped and continued");
    let child = start(by_select)?;
    stop_and_continue(child)?;
    write(&a_in, b"x")?;
    ended_well(child)?;

    read(&a, &mut [0])?;
    mark!("17. a child in poll is stopped and continued");
    let child = start(by_poll)?;
    stop_and_continue(child)?;
    write(&a_in, b"x")?;
    ended_well(child)?;
    println!("16. select, stopped and continued: goes on, returns 1");
    println!("17. poll, stopped and continued: goes on, returns 1");
    Ok(())
}

/// The deliberate failure: what was ready is not, because another was faster.
/// Without O_NONBLOCK this read would sleep.
fn readiness_is_no_promise(device: &OwnedFd) -> io::Result<()> {
    mark!("18. poll says POLLIN; a child reads first");
    raise(device, ORDINARY)?;
    let mut fds = [pollfd { fd: device.as_raw_fd(), events: POLLIN, revents: 0 }];
    check!("poll", poll(&mut fds, -1), Ok(1));
    check!("revents", fds[0].revents, POLLIN);
    ended_well(start(|| causes(device).map(drop))?)?;
    let error = causes(device).expect_err("the child has read everything");
    check!("read", error, Errno::EAGAIN);
    println!("18. POLLIN, but a child reads first: read fails: {error}");
    Ok(())
}

/// What the module does with what no well-behaved program asks of it is a
/// program of its own. Untraced: it would bury the lesson.
fn bad_input() -> io::Result<()> {
    mark!("19. bad input, untraced");
    let tracing = "/sys/kernel/tracing/tracing_on";
    fs::write(tracing, "0")?;
    let status = Command::new("/lab/poll-select-bad-input").status()?;
    fs::write(tracing, "1")?;
    check!("poll-select-bad-input", status.code(), Some(0));
    Ok(())
}

// ---- select and poll, as the C library has them -----------------------------

/// select(2), the system call itself: the C library's select() calls pselect6
/// and converts the time, there and back.
fn select(
    nfds: c_int,
    reads: Option<&mut fd_set>,
    writes: Option<&mut fd_set>,
    excepts: Option<&mut fd_set>,
    timeout: Option<&mut timeval>,
) -> nix::Result<c_int> {
    fn pointer<T>(of: Option<&mut T>) -> *mut T {
        of.map_or(ptr::null_mut(), ptr::from_mut)
    }
    let [reads, writes, excepts] = [reads, writes, excepts].map(pointer);
    // SAFETY: each pointer is null or valid, and nfds does not exceed
    // FD_SETSIZE, for which a set has room.
    let ready =
        unsafe { libc::syscall(libc::SYS_select, nfds, reads, writes, excepts, pointer(timeout)) };
    Errno::result(ready).map(|ready| ready as c_int)
}

/// poll(2)
fn poll(fds: &mut [pollfd], timeout_ms: c_int) -> nix::Result<c_int> {
    // SAFETY: pointer and length are those of a slice, any content of which is
    // a valid question and a valid answer.
    Errno::result(unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout_ms) })
}

fn empty() -> fd_set {
    // SAFETY: a set is an array of integers; zeros are the empty set.
    unsafe { std::mem::zeroed() }
}

fn set(fds: &[&dyn AsRawFd]) -> fd_set {
    let mut set = empty();
    fds.iter().for_each(|fd| add(&mut set, fd.as_raw_fd()));
    set
}

fn add(set: &mut fd_set, fd: RawFd) {
    assert!((0..FD_SETSIZE as RawFd).contains(&fd), "a set has room for {FD_SETSIZE}");
    // SAFETY: the set has room for it.
    unsafe { FD_SET(fd, set) }
}

fn members(set: &fd_set) -> Vec<RawFd> {
    // SAFETY: the set has room for each of them.
    (0..FD_SETSIZE as RawFd).filter(|&fd| unsafe { FD_ISSET(fd, set) }).collect()
}

fn numbers(fds: &[&dyn AsRawFd]) -> Vec<RawFd> {
    let mut numbers: Vec<RawFd> = fds.iter().map(|fd| fd.as_raw_fd()).collect();
    numbers.sort_unstable();
    numbers
}

/// The highest descriptor, plus 1.
fn nfds(fds: &[&dyn AsRawFd]) -> c_int {
    fds.iter().map(|fd| fd.as_raw_fd() + 1).max().unwrap_or(0)
}

fn micros(time: &timeval) -> i64 {
    time.tv_sec * 1_000_000 + time.tv_usec
}

/// Whether a call with ten seconds took some of them, but little.
fn is_part_of_ten_seconds(left: &timeval) -> bool {
    (9_900_000..10_000_000).contains(&micros(left))
}

fn names(revents: c_short) -> String {
    let all = [
        (POLLIN, "POLLIN"),
        (POLLOUT, "POLLOUT"),
        (POLLERR, "POLLERR"),
        (POLLHUP, "POLLHUP"),
        (POLLNVAL, "POLLNVAL"),
    ];
    let set: Vec<&str> =
        all.iter().filter(|(bit, _)| revents & bit != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { "0".to_owned() } else { set.join(" | ") }
}

// ---- The device --------------------------------------------------------------

fn open_device() -> nix::Result<OwnedFd> {
    open(lab::DEVICE, OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())
}

/// Has edu interrupt: at once, and therefore the caller.
fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    write(device, &causes.to_ne_bytes()).map(drop)
}

/// The causes that have come since they were last read.
fn causes(device: &OwnedFd) -> nix::Result<u32> {
    let mut causes = [0; 4];
    read(device.as_fd(), &mut causes)?;
    Ok(u32::from_ne_bytes(causes))
}

// ---- Children ----------------------------------------------------------------

/// Starts a child that does `work`, then exits: with 0 if that went well.
fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = work().is_err().into();
            // SAFETY: it does not return, and so leaves nothing half done.
            unsafe { libc::_exit(status) }
        }
    }
}

/// Starts a child that does `work` as soon as this process sleeps.
fn when_asleep(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    let parent = getpid();
    start(|| {
        wait_until_asleep(parent)?;
        work()
    })
}

/// Stops a process that sleeps or will, and returns when it sleeps again.
fn stop_and_continue(child: Pid) -> nix::Result<()> {
    wait_until_asleep(child)?;
    kill(child, Signal::SIGSTOP)?;
    let stopped = WaitStatus::Stopped(child, Signal::SIGSTOP);
    check!("stop", waitpid(child, Some(WaitPidFlag::WUNTRACED))?, stopped);
    kill(child, Signal::SIGCONT)?;
    check!(
        "continue",
        waitpid(child, Some(WaitPidFlag::WCONTINUED))?,
        WaitStatus::Continued(child)
    );
    wait_until_asleep(child)
}

fn ended_well(child: Pid) -> nix::Result<()> {
    check!("end of a child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
