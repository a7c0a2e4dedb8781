//! A program to be started, and a running program.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{self, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use host::stream::{Tail, read_lines};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::keeper::{self, Orders, REPORT_BYTES};
use crate::{held, interrupt, terminal};

/// A command whose program gets a keeper. It has no input unless the caller sets one.
/// Otherwise it is std's command, but only the methods here start it.
#[derive(Debug)]
pub struct Command {
    command: process::Command,
    orders: Arc<OnceLock<Orders>>,
    in_foreground: bool,
}

/// How a program ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub status: ExitStatus,
    /// The largest resident set of any single process among the program and the
    /// descendants that were waited for, KiB.
    pub peak_kib: i64,
}

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Output {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Command {
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        process::Command::new(program).into()
    }

    /// Leaves the program in the lab's process group with the lab's stdin, so that it can
    /// use the terminal.
    pub fn in_foreground(&mut self) -> &mut Command {
        self.in_foreground = true;
        self.command.stdin(Stdio::inherit());
        self
    }

    /// Starts the program.
    #[expect(clippy::disallowed_methods, reason = "this is the way to start one")]
    pub fn start(mut self) -> io::Result<Child> {
        interrupt::check()?;
        let (ours, theirs) = UnixStream::pair()?;
        // No other thread may close these descriptors until the keeper has them.
        let held = held::all();
        let asked_to_end = interrupt::number();
        let mut keep = held.clone();
        keep.extend([theirs.as_raw_fd()].into_iter().chain(asked_to_end));
        keep.sort_unstable();
        let (socket, in_foreground) = (theirs.as_raw_fd(), self.in_foreground);
        let terminal = terminal::before();
        let orders = Orders { socket, asked_to_end, keep, terminal, in_foreground };
        self.orders.set(orders).expect("a command is started once");
        let keeper = self.command.spawn()?;
        Ok(Child { keeper, socket: ours, ended: None })
    }

    /// Runs the program to its end.
    pub fn status(self) -> io::Result<ExitStatus> {
        self.start()?.wait()
    }

    /// Runs the program to its end and returns its output.
    pub fn output(mut self) -> io::Result<Output> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.start()?.output()
    }
}

impl From<process::Command> for Command {
    /// Add any `pre_exec` of your own after this call: the fork here must come first.
    fn from(mut command: process::Command) -> Command {
        let orders = Arc::new(OnceLock::new());
        let seen = Arc::clone(&orders);
        // SAFETY: `part` does what is safe between fork and exec.
        unsafe {
            command.stdin(Stdio::null()).pre_exec(move || seen.get().map_or(Ok(()), keeper::part))
        };
        Command { command, orders, in_foreground: false }
    }
}

impl Deref for Command {
    type Target = process::Command;

    fn deref(&self) -> &process::Command {
        &self.command
    }
}

impl DerefMut for Command {
    fn deref_mut(&mut self) -> &mut process::Command {
        &mut self.command
    }
}

/// A running program. Dropping it ends the program.
#[derive(Debug)]
pub struct Child {
    keeper: process::Child,
    socket: UnixStream,
    ended: Option<Ended>,
}

impl Child {
    /// The stream to read the program's stderr from, if it is piped and was not taken
    /// before.
    pub fn take_stderr(&mut self) -> Option<process::ChildStderr> {
        self.keeper.stderr.take()
    }

    /// Waits for the program. Fails if the lab was asked to end in the meantime; the
    /// program is ended then.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let ended = self.wait_until(None)?;
        Ok(ended.expect("nothing but its end is waited for").status)
    }

    /// Like `wait`, but gives up at a deadline and returns `None` if the program still
    /// runs.
    pub fn wait_until(&mut self, deadline: Option<Instant>) -> io::Result<Option<Ended>> {
        if self.ended.is_none() {
            if !self.is_heard(deadline)? {
                return Ok(None);
            }
            self.ended = Some(self.report()?);
        }
        interrupt::check()?;
        Ok(self.ended)
    }

    /// Ends the program if it still runs, and everything that it started.
    pub fn end(&mut self) -> io::Result<Ended> {
        match self.ended {
            Some(ended) => Ok(ended),
            None => {
                self.socket.shutdown(std::net::Shutdown::Write)?;
                let ended = self.report()?;
                self.ended = Some(ended);
                Ok(ended)
            }
        }
    }

    /// Reads the program's output until it ends.
    pub fn output(mut self) -> io::Result<Output> {
        let (stdout, stderr) = (self.keeper.stdout.take(), self.keeper.stderr.take());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        // One thread reads each stream, so that neither fills up while we read the other.
        std::thread::scope(|scope| {
            let errors = || stderr.map_or(Ok(0), |mut s| s.read_to_end(&mut err));
            let errors = std::thread::Builder::new().spawn_scoped(scope, errors)?;
            stdout.map_or(Ok(0), |mut s| s.read_to_end(&mut out))?;
            errors.join().expect("reading does not panic")
        })?;
        self.wait()?;
        let ended = self.ended.expect("it was waited for");
        Ok(Output { ended, stdout: out, stderr: err })
    }

    /// Whether the keeper sends something before the deadline.
    fn is_heard(&self, deadline: Option<Instant>) -> io::Result<bool> {
        loop {
            let left = deadline.map(|time| time.saturating_duration_since(Instant::now()));
            let timeout = left.map_or(PollTimeout::NONE, |left| {
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            });
            match poll(&mut [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)], timeout) {
                Err(Errno::EINTR) => {}
                result => return Ok(result? > 0),
            }
        }
    }

    fn report(&mut self) -> io::Result<Ended> {
        let mut report = [0; REPORT_BYTES];
        let read = self.socket.read_exact(&mut report);
        self.keeper.wait()?;
        read.map_err(|_| io::Error::other("the process that keeps it was killed"))?;
        let (status, peak) = report.split_at(4);
        let status = i32::from_ne_bytes(status.try_into().expect("it is four bytes"));
        let peak_kib = i64::from_ne_bytes(peak.try_into().expect("it is eight bytes"));
        Ok(Ended { status: ExitStatus::from_raw(status), peak_kib })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // If ending it fails here, its keeper still notices when the lab is gone.
        let _ = self.end();
    }
}

/// Runs a program to its end and passes each line of its stdout and stderr to `on_line`,
/// in the order in which they come. Ends the program at the first error.
pub fn stream(
    mut command: Command,
    on_line: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<(ExitStatus, Tail)> {
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    // The pipe ends when the last writer closes it. `command` holds two write ends and
    // drops them when it starts.
    let mut child = command.start()?;
    match read_lines(reader, on_line) {
        Ok(tail) => Ok((child.wait()?, tail)),
        Err(error) => {
            child.end()?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests;
