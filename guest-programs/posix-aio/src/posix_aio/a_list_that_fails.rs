//! The deliberate failure. LIO_WAIT waits for all requests, and fails with EIO if any
//! of them did; aio_error(3) says which one, and why. Here `ksys_pread64`
//! (fs/read_write.c) has refused a negative offset.

use std::fs::File;
use std::os::fd::AsFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::aio::{Aio, AioRead, LioMode};
use nix::sys::signal::SigevNotify::SigevNone;

use crate::requests::lio_listio;

pub fn run(file: &File) -> nix::Result<()> {
    let (mut buffer, mut other_buffer) = ([0; 9], [0; 9]);
    let mut good = Box::pin(AioRead::new(file.as_fd(), 0, &mut buffer, 0, SigevNone));
    // There is no place before the first byte. glibc has the requests for one file
    // done one after the other.
    let mut bad = Box::pin(AioRead::new(file.as_fd(), -1, &mut other_buffer, 0, SigevNone));
    scene!("6. LIO_WAIT: one of two reads fails");
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
