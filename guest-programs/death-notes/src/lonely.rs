//! A pipe that nobody reads.

use std::os::fd::OwnedFd;

use nix::unistd::pipe;

/// The end to write to. The other is closed.
pub fn pipe_without_reader() -> nix::Result<OwnedFd> {
    let (_, writer) = pipe()?;
    Ok(writer)
}
