//! The QEMU process: started with inherited descriptors, never left behind.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStderr, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use host::QEMU;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use process::{Child, Command, Ended, interrupt};

use super::command::Flag;
use super::memory::Memory;
use super::monitor::MonitorError;
use super::{End, VmError, panic};

/// How long a QEMU may take to end that has said that it will. It has nothing left
/// to write then.
const LAST: Duration = Duration::from_secs(5);

/// Bytes of what it complains of that are kept.
const MESSAGE: u64 = 16 << 10;

/// A QEMU about to be started: which descriptors it will inherit.
pub struct Qemu<'a> {
    log: &'a Memory,
    inherited: Vec<BorrowedFd<'a>>,
    /// QEMU's ends of further sockets.
    sockets: Vec<OwnedFd>,
    monitor: (UnixStream, OwnedFd),
}

impl<'a> Qemu<'a> {
    pub fn new(log: &'a Memory) -> Result<Qemu<'a>, VmError> {
        let (ours, theirs) = UnixStream::pair().map_err(not_started)?;
        let monitor = (ours, theirs.into());
        Ok(Qemu { log, inherited: Vec::new(), sockets: Vec::new(), monitor })
    }

    /// Lets QEMU inherit a descriptor; returns a path by which it opens it.
    pub fn path_of(&mut self, fd: BorrowedFd<'a>) -> String {
        format!("/proc/self/fd/{}", self.number_of(fd))
    }

    /// Lets QEMU inherit a descriptor; returns its number.
    pub fn number_of(&mut self, fd: BorrowedFd<'a>) -> String {
        self.inherited.push(fd);
        fd.as_raw_fd().to_string()
    }

    /// A further socket: the lab's end, and the number of QEMU's.
    pub fn socket(&mut self) -> Result<(UnixStream, String), VmError> {
        let (ours, theirs) = UnixStream::pair().map_err(not_started)?;
        let number = theirs.as_raw_fd().to_string();
        self.sockets.push(theirs.into());
        Ok((ours, number))
    }

    /// The number of QEMU's end of the monitor's socket.
    pub fn monitor(&self) -> String {
        self.monitor.1.as_raw_fd().to_string()
    }

    /// Starts it.
    pub fn start(self, flags: &[Flag]) -> Result<Running<'a>, VmError> {
        let (ours, theirs) = self.monitor;
        let mut inherited: Vec<RawFd> = self.inherited.iter().map(AsRawFd::as_raw_fd).collect();
        inherited.push(theirs.as_raw_fd());
        inherited.extend(self.sockets.iter().map(AsRawFd::as_raw_fd));
        let mut command = Command::new(QEMU);
        command
            .args(flags.iter().flat_map(|flag| &flag.words))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // SAFETY: fcntl is a system call and nothing else; the descriptors stay open
        // until after the start.
        unsafe {
            command.pre_exec(move || {
                for &fd in &inherited {
                    let fd = BorrowedFd::borrow_raw(fd);
                    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
                }
                Ok(())
            });
        }
        let mut child = command.start().map_err(not_started)?;
        let stderr = child.take_stderr();
        let message = std::thread::Builder::new()
            .spawn(move || stderr.map_or(String::new(), beginning))
            .map_err(not_started)?;
        Ok(Running { child, message: Some(message), log: self.log, socket: Some(ours) })
    }
}

fn not_started(source: io::Error) -> VmError {
    VmError::Start { source }
}

/// Reads a stream to its end, so that nobody waits who writes to it, and keeps its
/// beginning.
fn beginning(mut stream: ChildStderr) -> String {
    let mut bytes = Vec::new();
    // What was read until something went wrong is all there is.
    let _ = stream.by_ref().take(MESSAGE).read_to_end(&mut bytes);
    let _ = io::copy(&mut stream, &mut io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running QEMU. Dropping it ends it.
pub struct Running<'a> {
    child: Child,
    /// Reads what it complains of.
    message: Option<JoinHandle<String>>,
    log: &'a Memory,
    socket: Option<UnixStream>,
}

impl Running<'_> {
    /// The lab's end of the monitor's socket; there is just one.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn take_socket(&mut self) -> UnixStream {
        self.socket.take().expect("the socket is taken once")
    }

    /// Ends the process and turns what is known of its end into the kernel log
    /// of a proper end, or an error.
    pub fn settle(
        mut self,
        end: Result<End, MonitorError>,
        limit: Duration,
    ) -> Result<String, VmError> {
        // A QEMU that said SHUTDOWN or closed its monitor exits by itself, and
        // its exit status is worth having. Any other is ended here.
        let exits = matches!(end, Ok(End::PoweredOff | End::Odd(..)) | Err(MonitorError::Closed));
        let status = self.status(exits).map_or_else(
            |e| e.to_string(),
            |ended| match (ended.status.code(), ended.status.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no status".to_owned(),
            },
        );
        // Nobody has its stderr any more.
        let message = self.message.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let log = self.log.read().map_err(VmError::Memory)?;
        let log = String::from_utf8_lossy(&log).replace('\r', "");
        Err(match end {
            Ok(End::PoweredOff | End::Left) => return Ok(log),
            // Its keeper ended it, which looks like anything.
            _ if interrupt::signal().is_some() => VmError::Interrupted { log },
            Ok(End::Panicked) => {
                let report = panic::report(&log).unwrap_or_default();
                VmError::Panicked { reason: panic::reason(&log), report, log }
            }
            Ok(End::RanAway) => VmError::RanAway { log },
            Ok(End::Odd(by, reason)) => VmError::Odd { by, reason, log },
            Err(MonitorError::Closed) => {
                VmError::Lost { status, message: message.trim().to_owned(), log }
            }
            Err(MonitorError::TimedOut) => VmError::Hung { limit, log },
            Err(MonitorError::Left | MonitorError::Interrupted) => VmError::Interrupted { log },
            Err(MonitorError::Failed(message)) => VmError::Monitor { message, log },
        })
    }

    /// Its status, after ending it if it does not end by itself in time.
    fn status(&mut self, exits: bool) -> io::Result<Ended> {
        let exited = match exits {
            true => self.child.wait_until(Some(Instant::now() + LAST)),
            false => Ok(None),
        };
        if let Ok(Some(ended)) = exited { Ok(ended) } else { self.child.end() }
    }

    /// Ends the process and says in one line what went wrong.
    pub fn reason(self, error: MonitorError, limit: Duration) -> String {
        let reason =
            self.settle(Err(error), limit).map_or_else(|e| e.to_string(), |_| String::new());
        reason.lines().collect::<Vec<_>>().join("; ")
    }
}
