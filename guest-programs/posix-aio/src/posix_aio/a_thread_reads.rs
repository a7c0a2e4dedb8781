//! SIGEV_NONE: nobody tells, the program asks. A thread of glibc's reads nevertheless,
//! and an empty pipe holds it (`pipe_read`, fs/pipe.c). aio_cancel(3) can tell a
//! request that the thread has taken from one that waits in glibc's list. Returns the
//! thread.

use std::collections::BTreeSet;
use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::aio::{Aio, AioCancelStat, AioRead};
use nix::sys::signal::SigevNotify::SigevNone;
use nix::sys::time::TimeSpec;
use nix::unistd::{Pid, gettid, pipe, write};
use steps::wait_until_asleep;

use crate::requests::aio_suspend;
use crate::tasks::{STANDARD, blocked_signals, threads};

pub fn run() -> nix::Result<Pid> {
    let (receiver, sender) = pipe()?;
    let (mut buffer, mut second_buffer) = ([0; 8], [0; 8]);

    check!("threads", threads()?, BTreeSet::from([gettid()]));
    scene!("1. SIGEV_NONE: a read of an empty pipe");
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
