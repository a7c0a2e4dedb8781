//! SIGEV_NONE: no notice comes, the program asks. A thread of glibc's still does the
//! reading, and an empty pipe holds it (`pipe_read`, fs/pipe.c). Returns the thread.

use std::collections::BTreeSet;
use std::os::fd::AsFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::aio::{Aio, AioRead};
use nix::sys::signal::SigevNotify::SigevNone;
use nix::sys::time::TimeSpec;
use nix::unistd::{Pid, gettid, pipe};
use steps::wait_until_asleep;

use super::aio_cancel;
use crate::requests::aio_suspend;
use crate::tasks::{STANDARD, blocked_signals, threads};

pub fn run() -> nix::Result<Pid> {
    let (receiver, sender) = pipe()?;
    let mut buffer = [0; 8];

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

    aio_cancel::run(first.as_mut(), receiver.as_fd(), &sender)?;
    drop(first);
    check!("buffer", &buffer[..5], b"hello");
    Ok(helpers[0])
}
