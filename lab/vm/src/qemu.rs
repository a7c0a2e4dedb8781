//! The QEMU process. It inherits descriptors, and it never outlives the lab.

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

/// How long QEMU may take to exit after it said that it will. It has nothing left to
/// write at that point.
const LAST: Duration = Duration::from_secs(5);

/// How much of QEMU's stderr is kept, bytes.
const MESSAGE: u64 = 16 << 10;

/// A QEMU before its start, with the descriptors that it will inherit.
pub struct Qemu<'a> {
    log: &'a Memory,
    inherited: Vec<BorrowedFd<'a>>,
    /// QEMU's ends of additional sockets.
    sockets: Vec<OwnedFd>,
    monitor: (UnixStream, OwnedFd),
}

impl<'a> Qemu<'a> {
    pub fn new(log: &'a Memory) -> Result<Qemu<'a>, VmError> {
        let (ours, theirs) = UnixStream::pair().map_err(not_started)?;
        let monitor = (ours, theirs.into());
        Ok(Qemu { log, inherited: Vec::new(), sockets: Vec::new(), monitor })
    }

    /// Lets QEMU inherit a descriptor. Returns a path through which QEMU can open it.
    pub fn path_of(&mut self, fd: BorrowedFd<'a>) -> String {
        format!("/proc/self/fd/{}", self.number_of(fd))
    }

    /// Lets QEMU inherit a descriptor. Returns the descriptor's number.
    pub fn number_of(&mut self, fd: BorrowedFd<'a>) -> String {
        self.inherited.push(fd);
        fd.as_raw_fd().to_string()
    }

    /// Makes an additional socket. Returns the lab's end and the number of QEMU's end.
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

    /// Starts QEMU.
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

/// Reads a stream to its end, so that its writer never blocks, and keeps the beginning.
fn beginning(mut stream: ChildStderr) -> String {
    let mut bytes = Vec::new();
    // After an error, keep what was read so far.
    let _ = stream.by_ref().take(MESSAGE).read_to_end(&mut bytes);
    let _ = io::copy(&mut stream, &mut io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running QEMU. Dropping it ends it.
pub struct Running<'a> {
    child: Child,
    /// The thread that reads QEMU's stderr.
    message: Option<JoinHandle<String>>,
    log: &'a Memory,
    socket: Option<UnixStream>,
}

impl Running<'_> {
    /// Takes the lab's end of the monitor's socket.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn take_socket(&mut self) -> UnixStream {
        self.socket.take().expect("the socket is taken once")
    }

    /// Ends the process. Returns the kernel log if the machine ended properly, or an
    /// error that says how it ended.
    pub fn settle(
        mut self,
        end: Result<End, MonitorError>,
        limit: Duration,
    ) -> Result<String, VmError> {
        // A QEMU that said SHUTDOWN or closed its monitor exits by itself, and its exit
        // status is useful. Otherwise we end it.
        let exits = matches!(end, Ok(End::PoweredOff | End::Odd(..)) | Err(MonitorError::Closed));
        let status = self.status(exits).map_or_else(
            |e| e.to_string(),
            |ended| match (ended.status.code(), ended.status.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no status".to_owned(),
            },
        );
        // All writers of its stderr are gone, so the thread ends.
        let message = self.message.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let log = self.log.read().map_err(VmError::Memory)?;
        let log = String::from_utf8_lossy(&log).replace('\r', "");
        Err(match end {
            Ok(End::PoweredOff | End::Left) => return Ok(log),
            // The keeper ended QEMU because the lab was asked to end. The other signs
            // mean nothing then.
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

    /// Returns QEMU's status. Ends it if it does not exit in time.
    fn status(&mut self, exits: bool) -> io::Result<Ended> {
        let exited = match exits {
            true => self.child.wait_until(Some(Instant::now() + LAST)),
            false => Ok(None),
        };
        if let Ok(Some(ended)) = exited { Ok(ended) } else { self.child.end() }
    }

    /// Ends the process and describes in one line what went wrong.
    pub fn reason(self, error: MonitorError, limit: Duration) -> String {
        let reason =
            self.settle(Err(error), limit).map_or_else(|e| e.to_string(), |_| String::new());
        reason.lines().collect::<Vec<_>>().join("; ")
    }
}
