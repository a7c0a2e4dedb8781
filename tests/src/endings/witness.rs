//! Sees whether all processes are gone that a call of the command line started.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use libtest_mimic::Failed;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

/// The reading end of a pipe whose other end every process inherits. Programs do not
/// close what they do not know; the lab's keepers do, which end after them.
pub struct Witness {
    reader: OwnedFd,
    writer: OwnedFd,
}

/// One whose writing end only the processes have that it watches.
pub struct Alone(OwnedFd);

impl Witness {
    /// Of what a command starts.
    pub fn of(command: &mut Command) -> Result<Witness, Failed> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
        let number = writer.as_raw_fd();
        // SAFETY: a system call and nothing else; the descriptor is open until the
        // command was started.
        unsafe {
            command.pre_exec(move || {
                let fd = BorrowedFd::borrow_raw(number);
                fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
                Ok(())
            })
        };
        Ok(Witness { reader, writer })
    }

    /// When the command was started.
    pub fn alone(self) -> Alone {
        drop(self.writer);
        Alone(self.reader)
    }
}

impl Alone {
    /// An error if somebody is left at a time.
    pub fn sees_the_last_go(&self, deadline: Instant) -> Result<(), Failed> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::try_from(left)?)? {
            0 => Err("some process that it started is left".into()),
            _ => Ok(()),
        }
    }
}
