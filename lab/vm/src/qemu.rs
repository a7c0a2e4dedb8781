//! The QEMU process: started with inherited descriptors, never left behind.

use std::io::Read;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use host::QEMU;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::command::Flag;
use super::memory::Memory;
use super::monitor::MonitorError;
use super::{End, VmError, panic};

/// A QEMU about to be started: which descriptors it will inherit.
pub struct Qemu<'a> {
    log: &'a Memory,
    inherited: Vec<BorrowedFd<'a>>,
    /// QEMU's ends of further sockets.
    sockets: Vec<OwnedFd>,
    monitor: (UnixStream, OwnedFd),
}

impl<'a> Qemu<'a> {
    /// # Panics
    /// If the process has no descriptors left.
    pub fn new(log: &'a Memory) -> Qemu<'a> {
        let (ours, theirs) = UnixStream::pair().expect("a descriptor is left");
        Qemu { log, inherited: Vec::new(), sockets: Vec::new(), monitor: (ours, theirs.into()) }
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
    ///
    /// # Panics
    /// If the process has no descriptors left.
    pub fn socket(&mut self) -> (UnixStream, String) {
        let (ours, theirs) = UnixStream::pair().expect("a descriptor is left");
        let number = theirs.as_raw_fd().to_string();
        self.sockets.push(theirs.into());
        (ours, number)
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
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C reaches the lab alone, which ends the machine in order.
            .process_group(0);
        // SAFETY: fcntl and prctl are system calls and nothing else; the
        // descriptors stay open until after the start.
        unsafe {
            command.pre_exec(move || {
                // Should the lab die, QEMU dies with it.
                set_pdeathsig(Signal::SIGKILL)?;
                for &fd in &inherited {
                    let fd = BorrowedFd::borrow_raw(fd);
                    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
                }
                Ok(())
            });
        }
        let child = command.spawn().map_err(|source| VmError::Start { source })?;
        Ok(Running { child, log: self.log, socket: Some(ours) })
    }
}

/// A running QEMU. Dropping it ends it.
pub struct Running<'a> {
    child: Child,
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
        if !matches!(end, Ok(End::PoweredOff | End::Odd(..)) | Err(MonitorError::Closed)) {
            let _ = self.child.kill();
        }
        let mut message = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut message);
        }
        let status = self.child.wait().map_or_else(
            |e| e.to_string(),
            |status| match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no status".to_owned(),
            },
        );
        let log = self.log.read().map_err(VmError::Memory)?;
        let log = String::from_utf8_lossy(&log).replace('\r', "");
        Err(match end {
            Ok(End::PoweredOff | End::Left) => return Ok(log),
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

    /// Ends the process and says in one line what went wrong.
    pub fn reason(self, error: MonitorError, limit: Duration) -> String {
        let reason =
            self.settle(Err(error), limit).map_or_else(|e| e.to_string(), |_| String::new());
        reason.lines().collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
