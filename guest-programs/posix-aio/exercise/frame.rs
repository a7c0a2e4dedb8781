//! Reads from several descriptors in the background, and prints what came of
//! each read when it has ended.
//!
//! Usage: main DESCRIPTOR...
//!
//! The program asks for one read of each, does something else for a while, and
//! then prints a line for each request that has ended, with its number from 0:
//! `2 17 bytes`, or `1 EBADF` if it failed. It ends when all of them have.

use std::io::{Read, stdin};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::pin::Pin;

// region: errno
use nix::errno::Errno;
// endregion
use nix::sys::aio::{Aio, AioRead};
use nix::sys::signal::{SigSet, SigevNotify, Signal};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A read, which must not move in memory while glibc knows its address.
type Request<'a> = Pin<Box<AioRead<'a>>>;

/// How much each read asks for, bytes. It may get less.
const SIZE: usize = 64;

/// Prints what came of each request, as soon as it has ended. `told` are the
/// signals that requests send when they end; they are blocked.
// region: signature
fn collect(requests: &mut [Request<'_>], told: &SigSet) -> Result<()> {
    // endregion
    // region: collect
    let mut open: Vec<usize> = (0..requests.len()).collect();
    while !open.is_empty() {
        // region: turn
        // Sleeps until at least one has ended. A signal that is pending already
        // is not sent a second time, so one may stand for several, and so it
        // says no more than "look".
        // region: sleep
        told.wait()?;
        // endregion
        // region: each
        open.retain(|&number| {
            // endregion
            let request = &mut requests[number];
            // region: error
            let error = request.as_mut().error();
            // region: in-progress
            // First aio_error: while a request is in progress it has no result.
            if error == Err(Errno::EINPROGRESS) {
                return true;
            }
            // endregion
            // endregion
            // Then aio_return, once. It gives what read(2) would have returned;
            // but it does not set errno, which is what aio_error has said.
            // region: size
            let size = request.as_mut().aio_return();
            // endregion
            // region: result
            match error {
                // region: bytes
                Ok(()) => println!("{number} {} bytes", size.unwrap_or_default()),
                // endregion
                Err(errno) => println!("{number} {errno:?}"),
            }
            // endregion
            false
        });
        // endregion
    }
    // endregion
    Ok(())
}

fn main() -> Result<()> {
    // glibc's threads send SIGUSR1. It stays pending until somebody takes it.
    let mut told = SigSet::empty();
    told.add(Signal::SIGUSR1);
    told.thread_block()?;

    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        // SAFETY: this program was started with these descriptors, and nothing else
        // here knows them.
        files.push(unsafe { OwnedFd::from_raw_fd(argument.parse()?) });
    }
    let mut buffers = vec![[0; SIZE]; files.len()];
    let mut requests: Vec<Request<'_>> = Vec::new();
    for (file, buffer) in files.iter().zip(&mut buffers) {
        let notify = SigevNotify::SigevSignal { signal: Signal::SIGUSR1, si_value: 0 };
        let mut request = Box::pin(AioRead::new(file.as_fd(), 0, buffer, 0, notify));
        request.as_mut().submit()?;
        requests.push(request);
    }

    // Something else: this waits for a byte.
    stdin().read_exact(&mut [0])?;
    collect(&mut requests, &told)
}
