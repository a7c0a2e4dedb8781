//! aio_cancel(3) takes back a request that waits in glibc's list, but not one that a
//! thread of glibc's has taken: no call ends the read in which that thread sleeps.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::pin::Pin;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::aio::{Aio, AioCancelStat, AioRead};
use nix::sys::signal::SigevNotify::SigevNone;
use nix::unistd::write;

use crate::requests::aio_suspend;

/// `first` is a request for the pipe that a thread has taken; `second` comes after it.
pub fn run(
    mut first: Pin<&mut AioRead>,
    receiver: BorrowedFd,
    sender: &OwnedFd,
) -> nix::Result<()> {
    let mut buffer = [0; 8];
    scene!("2. aio_cancel: two requests for one pipe");
    let mut second = Box::pin(AioRead::new(receiver, 0, &mut buffer, 0, SigevNone));
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

    check!("bytes written", write(sender, b"hello")?, 5);
    aio_suspend(&first, None)?;
    check!("aio_error", first.as_mut().error(), Ok(()));
    check!("cancel it now", first.as_mut().cancel()?, AioCancelStat::AioAllDone);
    check!("aio_return", first.as_mut().aio_return()?, 5);
    println!("   after a write: aio_error 0, aio_return 5, AIO_ALLDONE");
    Ok(())
}
