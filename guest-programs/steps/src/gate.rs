//! A child that begins only when its parent has left fork(2).

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::unistd::{pipe, read, write};

/// Closed until the parent opens it.
///
/// A C library may block all signals while it forks. The SIGCHLD of a child that
/// ends as early as that is kept for the parent, although the parent neither blocks
/// nor handles it. So where it matters, the child waits here first.
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

    /// The parent's first act behind the fork.
    pub fn open(&self) -> nix::Result<()> {
        write(&self.entry, b"!").map(drop)
    }
}
