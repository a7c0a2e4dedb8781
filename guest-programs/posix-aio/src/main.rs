//! Who tells you that the I/O is done?
//!
//! The same question to three interfaces for asynchronous I/O. POSIX AIO is no
//! part of the kernel: glibc keeps threads which read for you, and it is such a
//! thread that sends the signal or starts your function. Kernel AIO and
//! io_uring are the kernel's, and there it is the kernel that signals an
//! eventfd. Run it in the lab and read in the timeline who does it, and where.
//!
//! Documented in aio(7), sigevent(7), lio_listio(3), io_submit(2), eventfd(2)
//! and io_uring(7). Everything here that is glibc's is glibc's only: another C
//! library does it otherwise.

mod kernel_aio;
mod uring;

use std::collections::BTreeSet;
use std::fs::File;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::OnceLock;

use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t, sigval};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::aio::{Aio, AioCancelStat, AioRead, LioMode};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::prctl::set_name;
use nix::sys::signal::SigevNotify::{self, SigevNone, SigevSignal};
use nix::sys::signal::{SigEvent, SigSet, Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::sys::time::TimeSpec;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, gettid, getuid, pause, pipe, read, write};
use steps::{run_until_asleep, wait_until_asleep};

fn main() -> nix::Result<()> {
    marker::open_trace();
    // Threads, glibc's included, and children take turns: each runs until it
    // sleeps. Which of two comes first would be the clock's choice otherwise.
    run_until_asleep()?;

    // Both signals stay blocked: the program fetches them when it wants them.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGUSR1);
    signals.add(Signal::SIGUSR2);
    signals.thread_block()?;

    // The victim of step 7 is forked while this process has one thread: after
    // fork(2) a child has no other, and glibc would wait for those of its
    // parent for ever.
    let (go, start) = pipe()?;
    let victim = fork_child(|| victim(&go))?;

    // Something to read.
    std::fs::write("data", "in a file").map_err(errno)?;
    let file = File::open("data").map_err(errno)?;

    let helper = a_thread_reads()?;
    a_signal_from_ourselves(&file)?;
    a_function_in_a_new_thread(&file, helper)?;
    three_notices_for_a_list()?;
    a_list_that_fails(&file)?;
    a_blocked_signal_kills(victim, &start)?;

    let before = threads()?;
    kernel_aio_reads_a_file(&file)?;
    kernel_aio_waits_for_a_pipe()?;
    io_uring_reads_a_pipe()?;
    one_count_or_three(&file)?;
    // Threads of glibc that found nothing to do for a second may have ended.
    check!("threads added by the kernel", threads()?.is_subset(&before), true);

    println!("                      POSIX AIO        kernel AIO      io_uring");
    println!("who waits for a pipe  glibc's thread   the kernel      the kernel");
    println!("  asked by            any read         IOCB_CMD_POLL   any read");
    println!("who tells             user space       the kernel      the kernel");
    println!("  by                  rt_sigqueueinfo  eventfd_signal  eventfd_signal");
    println!("  in the context of   glibc's thread   a kworker       the submitter");
    println!("threads in my process 1 more, or 2     no more         no more");
    println!("three notices come as 2 signals        a count of 3    a count of 1");
    Ok(())
}

/// SIGEV_NONE: nobody tells, the program asks. Somebody reads nevertheless; and
/// aio_cancel(3) can tell a request that a thread has taken from one that waits
/// in glibc's list. An empty pipe holds both there. Returns the reading thread.
fn a_thread_reads() -> nix::Result<Pid> {
    let (receiver, sender) = pipe()?;
    let (mut buffer, mut second_buffer) = ([0; 8], [0; 8]);

    check!("threads", threads()?, BTreeSet::from([gettid()]));
    mark!("1. SIGEV_NONE: a read of an empty pipe");
    let mut first = Box::pin(AioRead::new(receiver.as_fd(), 0, &mut buffer, 0, SigevNone));
    first.as_mut().submit()?;
    check!("aio_error", first.as_mut().error(), Err(Errno::EINPROGRESS));
    // aio_suspend(3) waits, here for no time at all.
    let no_time = Some(TimeSpec::new(0, 0));
    check!("aio_suspend", aio_suspend(&first, no_time), Err(Errno::EAGAIN));
    let helpers: Vec<Pid> = threads()?.into_iter().filter(|thread| *thread != gettid()).collect();
    check!("threads added by aio_read", helpers.len(), 1);
    wait_until_asleep(helpers[0])?;
    println!("1. SIGEV_NONE: aio_error is EINPROGRESS, aio_suspend fails: EAGAIN");
    check!("standard signals not blocked there", !blocked_signals(helpers[0])? & STANDARD, 0);
    println!("   /proc/self/task: 1 thread before, 2 now; the other one reads,");
    println!("   with all signals blocked");

    mark!("2. aio_cancel: two requests for one pipe");
    let pipe = receiver.as_fd();
    let mut second = Box::pin(AioRead::new(pipe, 0, &mut second_buffer, 0, SigevNone));
    second.as_mut().submit()?;
    check!("cancel the second", second.as_mut().cancel()?, AioCancelStat::AioCanceled);
    check!("its aio_error", second.as_mut().error(), Err(Errno::ECANCELED));
    // aio_return(3) gives what read(2) would have returned, -1. But errno is not
    // set: it holds what it held before.
    Errno::clear();
    check!("its aio_return", second.as_mut().aio_return(), Err(Errno::UnknownErrno));
    check!("cancel the first", first.as_mut().cancel()?, AioCancelStat::AioNotCanceled);
    println!("2. aio_cancel of the waiting request: AIO_CANCELED, ECANCELED");
    println!("   of the one that a thread has taken: AIO_NOTCANCELED");

    check!("bytes written", write(&sender, b"hello")?, 5);
    aio_suspend(&first, None)?;
    check!("aio_error", first.as_mut().error(), Ok(()));
    check!("cancel it now", first.as_mut().cancel()?, AioCancelStat::AioAllDone);
    check!("aio_return", first.as_mut().aio_return()?, 5);
    drop(first);
    check!("buffer", &buffer[..5], b"hello");
    println!("   after a write: aio_error 0, aio_return 5, AIO_ALLDONE");
    Ok(helpers[0])
}

/// SIGEV_SIGNAL: the signal comes from this process itself. si_pid says so, and
/// SI_ASYNCIO is below zero, as everything is that user space may send.
fn a_signal_from_ourselves(file: &File) -> nix::Result<()> {
    let mut buffer = [0; 4];
    mark!("3. SIGEV_SIGNAL: a read of a file");
    let notify = SigevSignal { signal: Signal::SIGUSR1, si_value: 3 };
    let mut request = Box::pin(AioRead::new(file.as_fd(), 5, &mut buffer, 0, notify));
    request.as_mut().submit()?;
    let info = sigwaitinfo(Signal::SIGUSR1)?;
    check!("si_code", info.si_code, libc::SI_ASYNCIO);
    check!("si_value", value(&info), 3);
    // SAFETY: every signal sent by rt_sigqueueinfo(2) carries both.
    let (pid, uid) = unsafe { (info.si_pid(), info.si_uid()) };
    check!("si_pid", pid, getpid().as_raw());
    check!("si_uid", uid, getuid().as_raw());
    check!("aio_error", request.as_mut().error(), Ok(()));
    check!("aio_return", request.as_mut().aio_return()?, 4);
    drop(request);
    check!("buffer", &buffer, b"file");
    println!("3. SIGEV_SIGNAL: SIGUSR1, SI_ASYNCIO (-4), si_value 3, si_pid my own");
    Ok(())
}

/// What [`on_completion`] found when it ran.
struct Told {
    thread: Pid,
    value: usize,
    blocked: nix::Result<u64>,
}
static TOLD: OnceLock<Told> = OnceLock::new();

/// What glibc is to call. It is no signal handler: it runs in a thread, and may
/// do all that a thread may.
extern "C" fn on_completion(value: sigval) {
    mark!("4. this is my function");
    let (thread, value) = (gettid(), value.sival_ptr.addr());
    TOLD.get_or_init(|| Told { thread, value, blocked: blocked_signals(thread) });
}

/// SIGEV_THREAD: a function instead of a signal. glibc starts a thread for it.
fn a_function_in_a_new_thread(file: &File, helper: Pid) -> nix::Result<()> {
    let mut buffer = [0; 4];
    mark!("4. SIGEV_THREAD: a read of a file");
    let mut request = AioRead::new(file.as_fd(), 5, &mut buffer, 0, SigevNone);
    set_sigevent(&mut request, sigev_thread(on_completion, 4));
    let mut request = Box::pin(request);
    request.as_mut().submit()?;
    let told = TOLD.wait();
    check!("aio_error", request.as_mut().error(), Ok(()));
    check!("aio_return", request.as_mut().aio_return()?, 4);
    check!("sigval", told.value, 4);
    check!("a thread of its own", told.thread != gettid() && told.thread != helper, true);
    // The program has blocked two signals, 10 and 12. The new thread has not.
    let (blocked, blocked_there) = (blocked_signals(gettid())?, told.blocked?);
    check!("SigBlk of the main thread", blocked, 1 << 9 | 1 << 11);
    check!("SigBlk of the function's thread", blocked_there, 0);
    println!("4. SIGEV_THREAD: the function runs in a third thread, with value 4");
    println!("   signals blocked (SigBlk): {blocked:x} in the main thread, {blocked_there} there");
    Ok(())
}

/// lio_listio(3) with LIO_NOWAIT: each request tells of itself, and one more
/// notice tells that all are done. SIGUSR1 is a standard signal, which does not
/// queue: the second request's is lost. So a notice means "look", and which
/// request is done is for aio_error(3) to say.
fn three_notices_for_a_list() -> nix::Result<()> {
    let (receiver_a, sender_a) = pipe()?;
    let (receiver_b, sender_b) = pipe()?;
    let (mut buffer_a, mut buffer_b) = ([0; 8], [0; 8]);
    let notify = |si_value| SigevSignal { signal: Signal::SIGUSR1, si_value };
    let mut a = Box::pin(AioRead::new(receiver_a.as_fd(), 0, &mut buffer_a, 0, notify(51)));
    let mut b = Box::pin(AioRead::new(receiver_b.as_fd(), 0, &mut buffer_b, 0, notify(52)));

    mark!("5. LIO_NOWAIT: a list of two reads");
    let all_done = SigevSignal { signal: Signal::SIGUSR2, si_value: 59 };
    lio_listio(LioMode::LIO_NOWAIT, [a.as_mut(), b.as_mut()], all_done)?;
    // The second of the list is done first. aio_suspend(3) returns when its
    // signal has been sent.
    check!("bytes written", write(&sender_b, b"second")?, 6);
    aio_suspend(&b, None)?;
    check!("aio_error of the first", a.as_mut().error(), Err(Errno::EINPROGRESS));
    check!("bytes written", write(&sender_a, b"first")?, 5);
    let last = sigwaitinfo(Signal::SIGUSR2)?;
    check!("si_code of SIGUSR2", last.si_code, libc::SI_ASYNCIO);
    check!("si_value of SIGUSR2", value(&last), 59);
    let info = sigwaitinfo(Signal::SIGUSR1)?;
    check!("si_code of SIGUSR1", info.si_code, libc::SI_ASYNCIO);
    check!("si_value of SIGUSR1", value(&info), 52);
    check!("SIGUSR1 still pending", pending()?.contains(Signal::SIGUSR1), false);
    check!("aio_error of both", (a.as_mut().error(), b.as_mut().error()), (Ok(()), Ok(())));
    check!("aio_return", (a.as_mut().aio_return()?, b.as_mut().aio_return()?), (5, 6));
    println!("5. LIO_NOWAIT, two reads: one SIGUSR1 each, SIGUSR2 when both are done");
    println!("   fetched late: SIGUSR2 with 59, one SIGUSR1 with 52; 51 is lost");
    Ok(())
}

/// The deliberate failure. LIO_WAIT waits for all requests, and fails with EIO
/// if any of them did: which one, and why, is for aio_error(3) to say.
fn a_list_that_fails(file: &File) -> nix::Result<()> {
    let (mut buffer, mut other_buffer) = ([0; 9], [0; 9]);
    let mut good = Box::pin(AioRead::new(file.as_fd(), 0, &mut buffer, 0, SigevNone));
    // There is no place before the first byte. glibc has the requests for one file
    // done one after the other.
    let mut bad = Box::pin(AioRead::new(file.as_fd(), -1, &mut other_buffer, 0, SigevNone));
    mark!("6. LIO_WAIT: one of two reads fails");
    let result = lio_listio(LioMode::LIO_WAIT, [good.as_mut(), bad.as_mut()], SigevNone);
    check!("lio_listio", result, Err(Errno::EIO));
    check!("aio_error of the good one", good.as_mut().error(), Ok(()));
    check!("aio_return of the good one", good.as_mut().aio_return()?, 9);
    check!("aio_error of the bad one", bad.as_mut().error(), Err(Errno::EINVAL));
    check!("aio_return of the bad one", bad.as_mut().aio_return().is_err(), true);
    println!("6. LIO_WAIT fails: {}", Errno::EIO);
    println!("   aio_error of the one is 0, of the other EINVAL");
    Ok(())
}

/// The thread that SIGEV_THREAD starts has no signal blocked, whatever the
/// program has done: a signal that is meant for a signalfd lands there.
fn a_blocked_signal_kills(victim: Pid, start: &OwnedFd) -> nix::Result<()> {
    check!("bytes written", write(start, b"!")?, 1);
    let killed = WaitStatus::Signaled(victim, Signal::SIGUSR1, false);
    check!("wait status", waitpid(victim, None)?, killed);
    println!("7. a process that blocked SIGUSR1 for its signalfd is killed by it");
    Ok(())
}

/// The victim does as signalfd(2) says: it blocked SIGUSR1, and reads what
/// arrives. Then somebody, perhaps a library, uses SIGEV_THREAD.
fn victim(go: &OwnedFd) -> nix::Result<c_int> {
    check!("bytes read", read(go, &mut [0])?, 1);
    let mut sigusr1 = SigSet::empty();
    sigusr1.add(Signal::SIGUSR1);
    let signalfd = SignalFd::new(&sigusr1)?;
    kill(getpid(), Signal::SIGUSR1)?;
    let mut waiting = [PollFd::new(signalfd.as_fd(), PollFlags::POLLIN)];
    check!("descriptors ready", poll(&mut waiting, PollTimeout::ZERO)?, 1);

    mark!("7. SIGUSR1 is blocked, and waits in a signalfd");
    let (file, mut buffer) = (File::open("data").map_err(errno)?, [0; 4]);
    let mut request = AioRead::new(file.as_fd(), 5, &mut buffer, 0, SigevNone);
    set_sigevent(&mut request, sigev_thread(never, 7));
    let mut request = Box::pin(request);
    request.as_mut().submit()?;
    loop {
        pause();
    }
}

extern "C" fn never(_value: sigval) {
    mark!("7. the function is never reached");
}

/// Kernel AIO tells by an eventfd. A read of a file is done before io_submit(2)
/// returns: all that is asynchronous about it is that it could be.
fn kernel_aio_reads_a_file(file: &File) -> nix::Result<()> {
    let context = kernel_aio::io_setup(1)?;
    let eventfd = EventFd::new()?;
    let reader = fork_eventfd_reader(&eventfd)?;
    let mut buffer = [0; 9];
    mark!("8. kernel AIO: a read of a file");
    let mut request = kernel_aio::pread(file.as_fd(), &mut buffer, &eventfd);
    // SAFETY: the buffer lives until the completion is there, which is now.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    let event = kernel_aio::io_getevents(&context)?;
    mark!("8. done");
    check!("result", event.result, 9);
    check!("buffer", &buffer, b"in a file");
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    println!("8. kernel AIO, a file: the eventfd says 1 before io_submit returns");
    kernel_aio::io_destroy(context)
}

/// A read of an empty pipe would keep io_submit(2) waiting, so the program says
/// RWF_NOWAIT. What does wait in the background is IOCB_CMD_POLL.
fn kernel_aio_waits_for_a_pipe() -> nix::Result<()> {
    let context = kernel_aio::io_setup(2)?;
    let (receiver, sender) = pipe()?;
    let eventfd = EventFd::new()?;
    let mut buffer = [0; 8];
    let mut request = kernel_aio::pread(receiver.as_fd(), &mut buffer, &eventfd);
    request.aio_rw_flags = libc::RWF_NOWAIT;
    // SAFETY: the buffer lives until the completion is fetched, in the next line.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    let event = kernel_aio::io_getevents(&context)?;
    check!("result of the read", event.result, -i64::from(libc::EAGAIN));
    check!("eventfd", eventfd.read()?, 1);

    let reader = fork_eventfd_reader(&eventfd)?;
    mark!("9. kernel AIO: a poll of an empty pipe");
    let mut request = kernel_aio::poll(receiver.as_fd(), PollFlags::POLLIN, &eventfd);
    // SAFETY: a poll has no buffer.
    check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    mark!("9. now something is written");
    check!("bytes written", write(&sender, b"hello")?, 5);
    let event = kernel_aio::io_getevents(&context)?;
    check!("result of the poll", event.result & i64::from(libc::POLLIN), libc::POLLIN.into());
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    mark!("9. done");
    println!("9. kernel AIO, an empty pipe: a read fails, {}", Errno::EAGAIN);
    println!("   a poll waits; after a write the eventfd says 1");
    kernel_aio::io_destroy(context)
}

/// io_uring can wait for a pipe with any read. Another process writes; the read
/// is done and told of in the context of the one that asked for it, before it
/// runs on in user space, whatever it was doing in the meantime.
fn io_uring_reads_a_pipe() -> nix::Result<()> {
    let mut ring = uring::Ring::new(4)?;
    let eventfd = EventFd::new()?;
    ring.register_eventfd(&eventfd)?;
    let (receiver, sender) = pipe()?;
    let mut buffer = [0; 8];
    let reader = fork_eventfd_reader(&eventfd)?;
    mark!("10. io_uring: a read of an empty pipe");
    // SAFETY: the buffer lives until the completion has been fetched, and the
    // ring is empty.
    unsafe { ring.push(uring::read(receiver.as_fd(), &mut buffer, 10)) };
    check!("io_uring_enter", ring.submit(1)?, 1);
    check!("completion", ring.pop(), None);
    let writer = fork_child(|| {
        mark!("10. another process writes");
        Ok(write(&sender, b"hello")? as c_int)
    })?;
    check!("bytes written", waitpid(writer, None)?, WaitStatus::Exited(writer, 5));
    let completion = ring.pop();
    mark!("10. the completion is in my memory");
    check!("completion", completion, Some(uring::Cqe { user_data: 10, result: 5, flags: 0 }));
    check!("buffer", &buffer[..5], b"hello");
    check!("eventfd", waitpid(reader, None)?, WaitStatus::Exited(reader, 1));
    println!("10. io_uring, an empty pipe: the read waits; after a write by another");
    println!("    process the completion is in my memory, and the eventfd says 1");
    Ok(())
}

/// An eventfd counts what is added to it: for kernel AIO that is one for each
/// completion, for io_uring one for each time that completions were posted.
fn one_count_or_three(file: &File) -> nix::Result<()> {
    let eventfd = EventFd::from_flags(EfdFlags::EFD_NONBLOCK)?;

    mark!("11. kernel AIO: three requests");
    let context = kernel_aio::io_setup(3)?;
    let mut buffer = [0; 9];
    for _ in 0..3 {
        let mut request = kernel_aio::pread(file.as_fd(), &mut buffer, &eventfd);
        // SAFETY: the buffer lives until the completion is fetched.
        check!("io_submit", unsafe { kernel_aio::io_submit(&context, &mut request)? }, 1);
    }
    for _ in 0..3 {
        check!("result", kernel_aio::io_getevents(&context)?.result, 9);
    }
    check!("eventfd after kernel AIO", eventfd.read()?, 3);
    kernel_aio::io_destroy(context)?;

    mark!("11. io_uring: three requests");
    let mut ring = uring::Ring::new(4)?;
    ring.register_eventfd(&eventfd)?;
    for user_data in 1..=3 {
        // SAFETY: no buffer, and a ring for four.
        unsafe { ring.push(uring::nop(user_data)) };
    }
    check!("io_uring_enter", ring.submit(3)?, 3);
    let completions = std::iter::from_fn(|| ring.pop()).map(|completion| completion.user_data);
    check!("completions", completions.collect::<Vec<_>>(), [1, 2, 3]);
    check!("eventfd after io_uring", eventfd.read()?, 1);
    println!("11. three completions: kernel AIO adds 3 to the eventfd, io_uring 1");
    Ok(())
}

/// A child that sleeps in read(2) of the eventfd, and exits with what it read:
/// who wakes it is who signals the eventfd. When this returns it sleeps, because
/// it has the processor until then.
fn fork_eventfd_reader(eventfd: &EventFd) -> nix::Result<Pid> {
    let (ready, tell) = pipe()?;
    let child = fork_child(|| {
        set_name(c"eventfd-reader")?;
        write(&tell, b"!")?;
        Ok(eventfd.read()? as c_int)
    })?;
    // Without it, a child that fails would be waited for for ever.
    drop(tell);
    check!("bytes read", read(&ready, &mut [0])?, 1);
    Ok(child)
}

/// Starts a child that exits with what `work` returns; 255 stands for an error.
/// In a program with threads, `work` may only do what a signal handler may.
fn fork_child(work: impl FnOnce() -> nix::Result<c_int>) -> nix::Result<Pid> {
    // SAFETY: see above.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = work().unwrap_or(255);
            // SAFETY: it ends the process; what its parent registered to be
            // done at exit is none of the child's business.
            unsafe { libc::_exit(status) }
        }
    }
}

/// Waits until a request is done; with a timeout, no longer than that. nix has
/// it, but its pointer to the timeout dangles.
fn aio_suspend(request: &AioRead, timeout: Option<TimeSpec>) -> nix::Result<()> {
    let list = [std::ptr::from_ref::<libc::aiocb>(request.as_ref())];
    let timeout =
        timeout.as_ref().map_or(std::ptr::null(), |time| std::ptr::from_ref(time.as_ref()));
    // SAFETY: a list of one valid request, and null or a valid timespec.
    Errno::result(unsafe { libc::aio_suspend(list.as_ptr(), 1, timeout) }).map(drop)
}

/// Submits a list of reads. nix has it, but its pointers to the requests are
/// wrong, for which it deprecates it.
fn lio_listio<const N: usize>(
    mode: LioMode,
    list: [Pin<&mut AioRead>; N],
    notify: SigevNotify,
) -> nix::Result<()> {
    // SAFETY: nothing is moved out of the pinned requests.
    let mut list = list.map(|request| aiocb(unsafe { request.get_unchecked_mut() }));
    let mut notify = SigEvent::new(notify).sigevent();
    // SAFETY: valid requests, which their owners keep in place until they are
    // done; glibc copies the list and the notice.
    let result = unsafe {
        libc::lio_listio(mode as c_int, list.as_mut_ptr().cast(), N as c_int, &raw mut notify)
    };
    Errno::result(result).map(drop)
}

fn aiocb(request: &mut AioRead) -> *mut libc::aiocb {
    request.as_mut()
}

/// For what nix has no name: SIGEV_THREAD.
fn set_sigevent(request: &mut AioRead, notify: libc::sigevent) {
    let aiocb: &mut libc::aiocb = request.as_mut();
    aiocb.aio_sigevent = notify;
}

/// A `struct sigevent` with the members of its union that SIGEV_THREAD uses;
/// libc's has another.
#[repr(C)]
struct SigevThread {
    sigev_value: sigval,
    sigev_signo: c_int,
    sigev_notify: c_int,
    sigev_notify_function: extern "C" fn(sigval),
    /// A `pthread_attr_t`; null for a detached thread.
    sigev_notify_attributes: *mut c_void,
    unused: [usize; 4],
}

fn sigev_thread(function: extern "C" fn(sigval), value: usize) -> libc::sigevent {
    let notify = SigevThread {
        sigev_value: sigval { sival_ptr: std::ptr::without_provenance_mut(value) },
        sigev_signo: 0,
        sigev_notify: libc::SIGEV_THREAD,
        sigev_notify_function: function,
        sigev_notify_attributes: std::ptr::null_mut(),
        unused: [0; 4],
    };
    // SAFETY: two views of the same C structure; their sizes are compared.
    unsafe { mem::transmute::<SigevThread, libc::sigevent>(notify) }
}

/// Waits for a blocked signal, and fetches it.
fn sigwaitinfo(signal: Signal) -> nix::Result<siginfo_t> {
    let mut set = SigSet::empty();
    set.add(signal);
    // SAFETY: integers only, for which 0 is a value.
    let mut info: siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: it reads a signal set and writes a siginfo, both valid.
    Errno::result(unsafe { libc::sigwaitinfo(set.as_ref(), &raw mut info) })?;
    Ok(info)
}

/// The si_value of a signal that was sent with one.
fn value(info: &siginfo_t) -> usize {
    // SAFETY: signals with SI_ASYNCIO carry a value.
    unsafe { info.si_value() }.sival_ptr.addr()
}

/// The signals that are pending for this process.
fn pending() -> nix::Result<SigSet> {
    let mut set = SigSet::empty();
    // SAFETY: sigpending writes a signal set to a valid pointer.
    Errno::result(unsafe { libc::sigpending(std::ptr::from_mut(&mut set).cast()) })?;
    Ok(set)
}

/// All signals below 32, but SIGKILL and SIGSTOP.
const STANDARD: u64 = 0x7ffb_feff;

/// The signals that a thread of this process has blocked; bit 0 is signal 1.
fn blocked_signals(thread: Pid) -> nix::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status"));
    let status = status.map_err(errno)?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t"));
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).ok_or(Errno::EINVAL)
}

/// The threads of this process.
fn threads() -> nix::Result<BTreeSet<Pid>> {
    let mut threads = BTreeSet::new();
    for entry in std::fs::read_dir("/proc/self/task").map_err(errno)? {
        let name = entry.map_err(errno)?.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok()).ok_or(Errno::EINVAL)?;
        threads.insert(Pid::from_raw(number));
    }
    Ok(threads)
}

/// The errno behind an error of the standard library.
fn errno(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}
