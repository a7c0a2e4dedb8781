//! Reads from several descriptors in the background, and tells what came of
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

use nix::sys::aio::{Aio, AioRead};
use nix::sys::signal::{SigSet, SigevNotify, Signal};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A read, which must not move in memory while glibc knows its address.
type Request<'a> = Pin<Box<AioRead<'a>>>;

/// How much each read asks for, bytes. It may get less.
const SIZE: usize = 64;

/// Prints what came of each request, as soon as it has ended. `told` are the
/// signals that requests send when they end; they are blocked.
fn collect(requests: &mut [Request<'_>], told: &SigSet) -> Result<()> {
    // TODO: wait until a request has ended; tell what came of it, and of all
    // others that have ended; go on until all have. What stands here waits for
    // one signal, and looks whether the first request has failed.
    told.wait()?;
    if let Some(request) = requests.first_mut()
        && let Err(errno) = request.as_mut().error()
    {
        println!("0 {errno:?}");
    }
    Ok(())
}

fn main() -> Result<()> {
    // glibc's threads send SIGUSR1. It stays pending until somebody takes it.
    let mut told = SigSet::empty();
    told.add(Signal::SIGUSR1);
    told.thread_block()?;

    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        // SAFETY: who starts this program leaves it these descriptors, and
        // nothing else here knows them.
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

    // Something else: until somebody has a word for this program.
    stdin().read_exact(&mut [0])?;
    collect(&mut requests, &told)
}
