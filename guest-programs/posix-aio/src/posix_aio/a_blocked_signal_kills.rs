//! The thread that SIGEV_THREAD starts has no signal blocked, whatever the program has
//! done. So that thread takes a signal that waits for a signalfd, and `get_signal`
//! (kernel/signal.c) ends the process.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use marker::{check, mark, scene};
use nix::libc::{c_int, sigval};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::aio::Aio;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, pause, read, write};
use steps::errno;

use crate::requests::read_then_call;

pub fn run(victim: Pid, start: &OwnedFd) -> nix::Result<()> {
    check!("bytes written", write(start, b"!")?, 1);
    let killed = WaitStatus::Signaled(victim, Signal::SIGUSR1, false);
    check!("wait status", waitpid(victim, None)?, killed);
    println!("7. a process that blocked SIGUSR1 for its signalfd is killed by it");
    Ok(())
}

/// The victim does as signalfd(2) says: it blocked SIGUSR1, and reads what
/// arrives. Then somebody, perhaps a library, uses SIGEV_THREAD.
pub fn victim(go: &OwnedFd) -> nix::Result<c_int> {
    check!("bytes read", read(go, &mut [0])?, 1);
    let mut sigusr1 = SigSet::empty();
    sigusr1.add(Signal::SIGUSR1);
    let signalfd = SignalFd::new(&sigusr1)?;
    kill(getpid(), Signal::SIGUSR1)?;
    let mut waiting = [PollFd::new(signalfd.as_fd(), PollFlags::POLLIN)];
    check!("descriptors ready", poll(&mut waiting, PollTimeout::ZERO)?, 1);

    scene!("7. SIGUSR1 is blocked, and waits in a signalfd");
    let (file, mut buffer) = (File::open("data").map_err(errno)?, [0; 4]);
    let mut request = read_then_call(&file, &mut buffer, never, 7);
    request.as_mut().submit()?;
    loop {
        pause();
    }
}

extern "C" fn never(_value: sigval) {
    mark!("7. the function is never reached");
}
