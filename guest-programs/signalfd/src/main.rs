//! Can a signal be read like data?
//!
//! By signalfd(2) it can: a signal that is blocked waits in the kernel until a
//! read(2) takes it out, as a record of 128 bytes. Look in the timeline for
//! signals that are sent and never delivered: fs/signalfd.c takes them from the
//! same queue as `get_signal` (kernel/signal.c) would to deliver them.
//!
//! Documented in signalfd(2), signal(7), sigqueue(3) and epoll(7).

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Barrier;
use std::{arch, env, ffi, fs, io, ptr, thread};

use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::sched_yield;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, raise, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, Uid, execv, fork, getpid, getppid, read, setuid};
use steps::Gate;

/// The first real-time signal that glibc leaves to programs.
const SIGRTMIN: c_int = 34;

/// A `struct signalfd_siginfo`, which is a record: its size, bytes.
const RECORD: usize = 128;
const _: () = assert!(size_of::<siginfo>() == RECORD);

/// Somebody else than root, to be seen in `ssi_uid`.
const STUDENT: u32 = 1000;

fn main() -> io::Result<()> {
    marker::open_trace();
    if let Some(fd) = env::args().nth(1) {
        return after_exec(fd.parse().map_err(io::Error::other)?);
    }

    not_blocked()?;

    // All the rest needs this line: a signal that is not blocked is delivered,
    // and then there is nothing left to read.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&usr1_and_rtmin()), None)?;
    // No SFD_CLOEXEC: step 12 takes the descriptor along.
    let signals = SignalFd::with_flags(&usr1_and_rtmin(), SfdFlags::SFD_NONBLOCK)?;

    sent_by_kill(&signals)?;
    sent_by_sigqueue(&signals)?;
    a_child_wakes_the_reader()?;
    several_in_one_read(&signals)?;
    a_short_buffer(&signals)?;
    standard_signals_still_coalesce(&signals)?;
    kill_and_stop_are_dropped_from_the_mask()?;
    a_child_reads_its_own(&signals)?;
    an_epoll_watches_who_registered(&signals)?;
    exec_keeps_it_all(&signals)?;
    a_fault_cannot_be_read()?;
    a_thread_reads_its_own(&signals)?;

    // The deliberate failure: without SFD_NONBLOCK, this read would wait.
    mark!("15. nothing is pending");
    let error = read(&signals, &mut [0; RECORD]).expect_err("nothing is pending");
    check!("read with nothing pending", error, Errno::EAGAIN);
    println!("15. SFD_NONBLOCK, nothing pending: read fails: {error}");
    Ok(())
}

/// A descriptor alone protects from nothing: the signal does what it does to
/// anybody who neither blocks nor handles it.
fn not_blocked() -> io::Result<()> {
    let child = start(|| {
        let signals = SignalFd::new(&usr1_and_rtmin())?;
        mark!("1. SIGUSR1, not blocked: dies before it reads");
        kill(getpid(), Signal::SIGUSR1)?;
        one(&signals)?;
        Ok(())
    })?;
    check!(
        "not blocked",
        waitpid(child, None)?,
        WaitStatus::Signaled(child, Signal::SIGUSR1, false)
    );
    println!("1. not blocked: SIGUSR1 kills the process, signalfd or not");
    Ok(())
}

/// kill(2): who sent it. There is nothing else to tell.
fn sent_by_kill(signals: &SignalFd) -> io::Result<()> {
    mark!("2. kill: read, and never delivered");
    kill(getpid(), Signal::SIGUSR1)?;
    let record = one(signals)?;
    check_record(&record, libc::SIGUSR1, libc::SI_USER, getpid());
    check!("ssi_uid", record.ssi_uid, 0);
    check!("ssi_int", record.ssi_int, 0);
    println!("2. kill: SIGUSR1, SI_USER, ssi_pid my own, ssi_uid 0");
    Ok(())
}

/// sigqueue(3): a value comes along.
fn sent_by_sigqueue(signals: &SignalFd) -> io::Result<()> {
    mark!("3. a child sends a value");
    let child = start(|| Ok(sigqueue(getppid(), SIGRTMIN, 1234)?))?;
    wait_for(child)?;
    let record = one(signals)?;
    check_record(&record, SIGRTMIN, libc::SI_QUEUE, child);
    check!("ssi_int", record.ssi_int, 1234);
    check!("ssi_ptr", record.ssi_ptr, 1234);
    println!("3. sigqueue: signal 34, SI_QUEUE, ssi_pid the child's, ssi_int 1234");
    Ok(())
}

/// SIGCHLD: by default it is ignored, but not while it is blocked. The reader
/// is asleep, and it is the dying child that wakes it.
fn a_child_wakes_the_reader() -> io::Result<()> {
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigchld), None)?;
    let children = SignalFd::new(&sigchld)?; // without SFD_NONBLOCK

    mark!("4. sleeps in read until a child exits");
    let child = start(|| {
        // It is to find the reader asleep, however long that takes: see
        // /proc/pid/wchan in proc(5), the kernel function that it sleeps in.
        let wchan = format!("/proc/{}/wchan", getppid());
        while !fs::read_to_string(&wchan)?.starts_with("signalfd_") {
            sched_yield()?;
        }
        setuid(Uid::from_raw(STUDENT))?;
        exit(7)
    })?;
    prctl::set_name(c"reader")?; // the trace shows who wakes a task of this name
    let record = one(&children)?;
    check_record(&record, libc::SIGCHLD, libc::CLD_EXITED, child);
    check!("ssi_status", record.ssi_status, 7);
    check!("ssi_uid", record.ssi_uid, STUDENT);
    // Reading the signal is one thing, waiting for the child another.
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 7));
    println!("4. exit: SIGCHLD, CLD_EXITED, ssi_pid the child's, ssi_uid 1000,");
    println!("   ssi_status 7");

    prctl::set_name(c"signalfd")?;
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigchld), None)?;
    Ok(())
}

/// One read returns as many records as there are and have room: the lowest
/// signal first, and of one signal the first that was sent.
fn several_in_one_read(signals: &SignalFd) -> io::Result<()> {
    mark!("5. sends 4; reads up to 3, then up to 8");
    for value in 1..=3 {
        sigqueue(getpid(), SIGRTMIN, value)?;
    }
    kill(getpid(), Signal::SIGUSR1)?;
    let mut records = up_to(3, signals)?;
    check!("records in the first read", records.len(), 3);
    records.append(&mut up_to(8, signals)?);
    let got: Vec<_> = records.iter().map(|r| (r.ssi_signo as c_int, r.ssi_int)).collect();
    check!("records", got, [(libc::SIGUSR1, 0), (SIGRTMIN, 1), (SIGRTMIN, 2), (SIGRTMIN, 3)]);
    println!("5. sent 34, 34, 34, SIGUSR1; one read of 384 bytes, another of 128:");
    println!("   SIGUSR1, 34 (value 1), 34 (value 2); 34 (value 3)");
    Ok(())
}

/// No part of a record: too little room is an error, and the signals stay where
/// they are.
fn a_short_buffer(signals: &SignalFd) -> io::Result<()> {
    mark!("6. sends 2; room for 127 bytes, then for 255");
    kill(getpid(), Signal::SIGUSR1)?;
    sigqueue(getpid(), SIGRTMIN, 4)?;
    let error = read(signals, &mut [0; RECORD - 1]).expect_err("no record has 127 bytes");
    check!("read of 127 bytes", error, Errno::EINVAL);
    check!("read of 255 bytes", read(signals, &mut [0; 2 * RECORD - 1])?, RECORD);
    check!("value of the other", one(signals)?.ssi_int, 4);
    println!("6. a buffer of 127 bytes: read fails: {error}");
    println!("   a buffer of 255 bytes: 128 are read; the other signal waits");
    Ok(())
}

/// It is the signal that does not queue, not the way in which it arrives.
fn standard_signals_still_coalesce(signals: &SignalFd) -> io::Result<()> {
    mark!("7. SIGUSR1, three times");
    kill(getpid(), Signal::SIGUSR1)?;
    let child = start(|| Ok(kill(getppid(), Signal::SIGUSR1)?))?;
    wait_for(child)?;
    kill(getpid(), Signal::SIGUSR1)?;
    let records = up_to(8, signals)?;
    check!("records", records.len(), 1);
    check_record(&records[0], libc::SIGUSR1, libc::SI_USER, getpid());
    println!("7. SIGUSR1 three times, the second from a child: one record, the first");
    Ok(())
}

/// What nobody may block, nobody can read either; to ask for it is no error.
fn kill_and_stop_are_dropped_from_the_mask() -> io::Result<()> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGUSR1] {
        mask.add(signal);
    }
    let signals = SignalFd::new(&mask)?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", signals.as_raw_fd()))?;
    // A hexadecimal mask, in which bit 0 is signal 1: SIGUSR1 is bit 9.
    let kept = info.lines().find_map(|line| line.strip_prefix("sigmask:\t"));
    mark!("8. asked for KILL, STOP and USR1");
    check!("sigmask in fdinfo", kept, Some("0000000000000200"));
    println!("8. asked for SIGKILL, SIGSTOP and SIGUSR1: mask 0x200, SIGUSR1 alone");
    Ok(())
}

/// A signalfd does not hold signals, it only says which. Whose they are, is for
/// the one who reads to say.
fn a_child_reads_its_own(signals: &SignalFd) -> io::Result<()> {
    mark!("9. SIGUSR1 is pending here; a child reads");
    kill(getpid(), Signal::SIGUSR1)?;
    let child = start(|| {
        let nothing = read(signals, &mut [0; RECORD]);
        check!("the parent's signal, read by the child", nothing, Err(Errno::EAGAIN));
        kill(getpid(), Signal::SIGUSR1)?;
        check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
        Ok(())
    })?;
    wait_for(child)?;
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("9. through one descriptor a child reads its own SIGUSR1, and I mine");
    Ok(())
}

/// An epoll instance, though, waits where the one who registered was woken.
fn an_epoll_watches_who_registered(signals: &SignalFd) -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(signals, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;

    mark!("10. a child's SIGUSR1: poll sees it, epoll does not");
    let child = start(|| {
        kill(getpid(), Signal::SIGUSR1)?;
        check!("epoll_wait in the child", ready(&epoll)?, 0);
        check!("poll in the child", readable(signals)?, 1);
        check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
        Ok(())
    })?;
    wait_for(child)?;
    println!("10. epoll from before the fork: blind for the child's SIGUSR1,");
    println!("    which poll sees and read returns");

    mark!("11. the parent's SIGUSR1: a child's epoll_wait eats it");
    kill(getpid(), Signal::SIGUSR1)?;
    check!("epoll_wait in the parent", ready(&epoll)?, 1);
    let child = start(|| {
        check!("epoll_wait in the child", ready(&epoll)?, 0);
        Ok(())
    })?;
    wait_for(child)?;
    check!("epoll_wait in the parent, after the child's", ready(&epoll)?, 0);
    check!("poll in the parent", readable(signals)?, 1);
    // It is pending already, so this one is dropped, and wakes nobody.
    kill(getpid(), Signal::SIGUSR1)?;
    check!("epoll_wait in the parent, after another SIGUSR1", ready(&epoll)?, 0);
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("11. the parent's SIGUSR1: epoll_wait 1; after a child's epoll_wait 0,");
    println!("    although it is still pending, and another SIGUSR1 changes nothing");
    Ok(())
}

/// execve(2) keeps the mask, what is pending, and the descriptor.
fn exec_keeps_it_all(signals: &SignalFd) -> io::Result<()> {
    let child = start(|| {
        mark!("12. SIGUSR1 is pending; executes itself");
        kill(getpid(), Signal::SIGUSR1)?;
        let fd = ffi::CString::new(signals.as_raw_fd().to_string())?;
        execv(c"/proc/self/exe", &[c"signalfd", &fd])?;
        Ok(())
    })?;
    wait_for(child)
}

/// What the program does when it is executed with the number of a descriptor.
fn after_exec(fd: c_int) -> io::Result<()> {
    check!("SIGUSR1 blocked", SigSet::thread_get_mask()?.contains(Signal::SIGUSR1), true);
    // SAFETY: the caller has left it open, and nobody here closes it.
    let signals = unsafe { BorrowedFd::borrow_raw(fd) };
    check_record(&one(signals)?, libc::SIGUSR1, libc::SI_USER, getpid());
    println!("12. after execve: still blocked, still pending, and read");
    Ok(())
}

/// A fault has to be answered before the next instruction: it cannot wait for
/// a read, and does not care that its signal is blocked.
fn a_fault_cannot_be_read() -> io::Result<()> {
    let child = start(|| {
        let mut sigill = SigSet::empty();
        sigill.add(Signal::SIGILL);
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigill), None)?;
        let _signals = SignalFd::new(&sigill)?;
        mark!("13. SIGILL is blocked; executes ud2");
        // SAFETY: it faults, which is all that is wanted of it.
        unsafe { arch::asm!("ud2", options(noreturn)) }
    })?;
    check!("fault", waitpid(child, None)?, WaitStatus::Signaled(child, Signal::SIGILL, false));
    println!("13. a fault: SIGILL kills, blocked and in a signalfd's mask");
    Ok(())
}

/// A thread reads what was sent to it and what was sent to its process, and
/// nothing that was sent to another thread.
fn a_thread_reads_its_own(signals: &SignalFd) -> io::Result<()> {
    let turn = Barrier::new(2);
    let records = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            mark!("14. a thread sends SIGUSR1 to itself");
            let raised = raise(Signal::SIGUSR1);
            turn.wait();
            // The main thread reads here.
            turn.wait();
            raised.and_then(|()| up_to(8, signals))
        });
        turn.wait();
        let nothing = read(signals, &mut [0; RECORD]);
        let sent = sigqueue(getpid(), SIGRTMIN, 7);
        turn.wait();
        check!("the thread's signal, read by another", nothing, Err(Errno::EAGAIN));
        check!("sigqueue", sent, Ok(()));
        thread.join().expect("the thread does not panic")
    })?;
    check!("records", records.len(), 2);
    check_record(&records[0], libc::SIGUSR1, libc::SI_TKILL, getpid());
    check_record(&records[1], SIGRTMIN, libc::SI_QUEUE, getpid());
    check!("ssi_int", records[1].ssi_int, 7);
    println!("14. a thread's SIGUSR1: EAGAIN for the main thread; the thread reads it,");
    println!("    and the process's signal 34 with it");
    Ok(())
}

/// The signals that this lesson reads most of the time.
fn usr1_and_rtmin() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGUSR1);
    // nix's `Signal` names standard signals only.
    let mut set = *set.as_ref();
    // SAFETY: an initialised set and a valid signal number, so it cannot fail.
    unsafe { libc::sigaddset(&mut set, SIGRTMIN) };
    // SAFETY: the set is initialised.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// sigqueue(3), which nix does not have.
fn sigqueue(pid: Pid, signal: c_int, value: usize) -> nix::Result<()> {
    // A union: an int is what its lower half holds (x86-64).
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value) };
    // SAFETY: it reads its arguments, and nobody follows the pointer.
    Errno::result(unsafe { libc::sigqueue(pid.as_raw(), signal, value) }).map(drop)
}

/// Reads as many records as there are, if there is room: read(2) into an array
/// of them.
fn up_to(room: usize, signals: impl AsFd) -> nix::Result<Vec<siginfo>> {
    let mut records = Vec::<siginfo>::with_capacity(room);
    let buffer = records.as_mut_ptr().cast();
    // SAFETY: the buffer has this size.
    let bytes = unsafe { libc::read(signals.as_fd().as_raw_fd(), buffer, room * RECORD) };
    let bytes = Errno::result(bytes)? as usize;
    check!("a part of a record, bytes", bytes % RECORD, 0);
    // SAFETY: the kernel has written so many, any content of which is valid.
    unsafe { records.set_len(bytes / RECORD) };
    Ok(records)
}

/// Reads one record.
fn one(signals: impl AsFd) -> nix::Result<siginfo> {
    Ok(up_to(1, signals)?[0])
}

fn check_record(record: &siginfo, signal: c_int, code: c_int, pid: Pid) {
    check!("ssi_signo", record.ssi_signo, signal as u32);
    check!("ssi_code", record.ssi_code, code);
    check!("ssi_pid", record.ssi_pid, pid.as_raw() as u32);
}

/// How many descriptors epoll_wait(2) reports, without waiting.
fn ready(epoll: &Epoll) -> nix::Result<usize> {
    epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO)
}

/// The same by poll(2).
fn readable(signals: impl AsFd) -> nix::Result<c_int> {
    poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO)
}

/// Starts a child that does `work`, then exits: with 0 if that went well. Before
/// that it waits until the parent has left fork(2). A C library may block all
/// signals in there, and a SIGCHLD that comes meanwhile is kept: it would be
/// delivered afterwards, and would wake an epoll instance, whichever it watches.
fn start(work: impl FnOnce() -> io::Result<()>) -> nix::Result<Pid> {
    let gate = Gate::new()?;
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => gate.open().map(|()| child),
        ForkResult::Child => match gate.wait().map_err(io::Error::from).and_then(|()| work()) {
            Ok(()) => exit(0),
            Err(error) => {
                println!("wrong: a child fails: {error}");
                exit(1)
            }
        },
    }
}

/// _exit(2), not exit(3): what the parent registered to be done at its exit is
/// none of the child's business.
fn exit(status: c_int) -> ! {
    // SAFETY: it ends the process, and any status will do.
    unsafe { libc::_exit(status) }
}

/// Waits until a child has done its work.
fn wait_for(child: Pid) -> io::Result<()> {
    check!("child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
