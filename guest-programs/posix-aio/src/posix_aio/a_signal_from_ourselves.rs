//! SIGEV_SIGNAL: the signal comes from this process itself, by rt_sigqueueinfo(2)
//! (`do_rt_sigqueueinfo`, kernel/signal.c). si_pid says so. SI_ASYNCIO is below zero,
//! as everything is that one process may send to another.

use std::fs::File;
use std::os::fd::AsFd;

use marker::{check, scene};
use nix::libc;
use nix::sys::aio::{Aio, AioRead};
use nix::sys::signal::SigevNotify::SigevSignal;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, getuid};

use crate::signals::{sigwaitinfo, value};

pub fn run(file: &File) -> nix::Result<()> {
    let mut buffer = [0; 4];
    scene!("3. SIGEV_SIGNAL: a read of a file");
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
