//! lio_listio(3) with LIO_NOWAIT: each request tells of itself, and one more notice
//! tells that all are done. SIGUSR1 is a standard signal, which does not queue
//! (`legacy_queue`, kernel/signal.c): the second request's is lost. So a notice means
//! "look", and aio_error(3) says which request is done.

use std::os::fd::AsFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::aio::{Aio, AioRead, LioMode};
use nix::sys::signal::SigevNotify::SigevSignal;
use nix::sys::signal::Signal;
use nix::unistd::{pipe, write};

use crate::requests::{aio_suspend, lio_listio};
use crate::signals::{pending, sigwaitinfo, value};

pub fn run() -> nix::Result<()> {
    let (receiver_a, sender_a) = pipe()?;
    let (receiver_b, sender_b) = pipe()?;
    let (mut buffer_a, mut buffer_b) = ([0; 8], [0; 8]);
    let notify = |si_value| SigevSignal { signal: Signal::SIGUSR1, si_value };
    let mut a = Box::pin(AioRead::new(receiver_a.as_fd(), 0, &mut buffer_a, 0, notify(51)));
    let mut b = Box::pin(AioRead::new(receiver_b.as_fd(), 0, &mut buffer_b, 0, notify(52)));

    scene!("5. LIO_NOWAIT: a list of two reads");
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
