//! Sees when all processes that a call of the command line started are gone.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use libtest_mimic::Failed;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

/// The reading end of a pipe. Every process inherits the other end. Programs do not close
/// descriptors that they do not know. The lab's keepers do, but they end after their
/// programs.
pub struct Witness {
    reader: OwnedFd,
    writer: OwnedFd,
}

/// A witness after this process has closed its own writing end, so only the watched
/// processes have it.
pub struct Alone(OwnedFd);

impl Witness {
    /// A witness for a command and everything that it starts.
    pub fn of(command: &mut Command) -> Result<Witness, Failed> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
        let number = writer.as_raw_fd();
        // SAFETY: the closure only makes a system call. The descriptor stays open until
        // the command has started.
        unsafe {
            command.pre_exec(move || {
                let fd = BorrowedFd::borrow_raw(number);
                fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
                Ok(())
            })
        };
        Ok(Witness { reader, writer })
    }

    /// Call this after the command was started.
    pub fn alone(self) -> Alone {
        drop(self.writer);
        Alone(self.reader)
    }
}

impl Alone {
    /// Fails if a process is left at the deadline.
    pub fn sees_the_last_go(&self, deadline: Instant) -> Result<(), Failed> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::try_from(left)?)? {
            0 => Err("some process that it started is left".into()),
            _ => Ok(()),
        }
    }
}
