//! A child that begins only when its parent has left fork(2).

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::unistd::{Pid, pipe, read, write};

use crate::start;

/// Closed until the parent opens it.
///
/// A C library may block all signals while it forks. If a child ends that early, its
/// SIGCHLD is kept for the parent, although the parent neither blocks nor handles it.
/// It is delivered later, and wakes an epoll instance that watches for other signals.
/// So where it matters, the child waits here first.
pub struct Gate {
    exit: OwnedFd,
    entry: OwnedFd,
}

impl Gate {
    /// A gate for one child, made before the fork.
    pub fn new() -> nix::Result<Gate> {
        let (exit, entry) = pipe()?;
        Ok(Gate { exit, entry })
    }

    /// The child's first act: waits until the gate is open.
    pub fn wait(&self) -> nix::Result<()> {
        match read(&self.exit, &mut [0])? {
            1 => Ok(()),
            _ => Err(Errno::EPIPE),
        }
    }

    /// The parent's first act after the fork.
    pub fn open(&self) -> nix::Result<()> {
        write(&self.entry, b"!").map(drop)
    }
}

/// Starts a child that does `work` as soon as this process has left fork(2).
pub fn start_when_forked(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    let gate = Gate::new()?;
    let child = start(|| {
        gate.wait()?;
        work()
    })?;
    gate.open()?;
    Ok(child)
}
