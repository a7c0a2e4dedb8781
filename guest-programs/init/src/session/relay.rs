//! The relay between the program's streams and the port. A stream that is not read
//! does not hold up the others.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::pty::Winsize;
use nix::sys::signalfd::SignalFd;
use nix::sys::time::TimeSpec;
use protocol::session::{Frame, Size};

use super::input::Input;
use super::output::forward;
use crate::port::Port;
use crate::{supervise, watchdog};

nix::ioctl_write_ptr_bad!(tiocswinsz, nix::libc::TIOCSWINSZ, Winsize);

/// PID 1's ends of the program's streams, and the port.
pub struct Relay {
    port: Port,
    pub(super) input: Input,
    pub(super) stdout: Option<File>,
    pub(super) stderr: Option<File>,
    /// The terminal's other end, where there is one.
    pub(super) terminal: Option<File>,
    /// Whether the host has said that the program has had its time.
    pub(super) time_is_up: bool,
    received: bool,
}

impl Relay {
    pub fn new(port: Port) -> Relay {
        Relay {
            port,
            input: Input::default(),
            stdout: None,
            stderr: None,
            terminal: None,
            time_is_up: false,
            received: false,
        }
    }

    /// Waits until the host takes what is sent to it, however long that is, and
    /// returns how long it was, which the caller adds to the program's time. An idle
    /// guest's clock skips such a wait up to the next timer, so no limit may be a
    /// timer meanwhile.
    pub fn wait_for_room(&mut self, deadline: Duration) -> Result<Duration, String> {
        if self.port.has_room() {
            return Ok(Duration::ZERO);
        }
        let since = supervise::now()?;
        watchdog::stop()?;
        while !self.port.has_room() {
            self.turn(None, None)?;
        }
        watchdog::start(deadline.saturating_sub(since) + watchdog::rest())?;
        Ok(supervise::now()? - since)
    }

    /// Waits until something can be done, and does it.
    pub fn turn(
        &mut self,
        exits: Option<&SignalFd>,
        limit: Option<Duration>,
    ) -> Result<(), String> {
        self.wait(exits, limit)?;
        self.port.flush()?;
        for frame in self.port.receive()? {
            self.take(frame)?;
        }
        match self.input.feed() {
            0 => {}
            taken => self.port.send(&Frame::Taken(taken))?,
        }
        if self.port.has_room() {
            forward(&mut self.stdout, &mut self.port, Frame::Stdout)?;
        }
        if self.port.has_room() {
            forward(&mut self.stderr, &mut self.port, Frame::Stderr)?;
        }
        Ok(())
    }

    fn wait(&self, exits: Option<&SignalFd>, limit: Option<Duration>) -> Result<(), String> {
        let mut wanted = PollFlags::POLLIN;
        wanted.set(PollFlags::POLLOUT, self.port.is_sending());
        let mut fds = vec![PollFd::new(self.port.as_fd(), wanted)];
        if let Some(exits) = exits {
            fds.push(PollFd::new(exits.as_fd(), PollFlags::POLLIN));
        }
        if let Some(stdin) = self.input.blocked() {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLOUT));
        }
        if self.port.has_room() {
            let outputs = [&self.stdout, &self.stderr].into_iter().flatten();
            fds.extend(outputs.map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN)));
        }
        ppoll(&mut fds, limit.map(TimeSpec::from), None)
            .map_err(|e| format!("failed to wait for the session: {e}"))?;
        Ok(())
    }

    /// Does what the host says.
    fn take(&mut self, frame: Frame) -> Result<(), String> {
        match frame {
            Frame::Stdin(bytes) => self.input.add(bytes),
            Frame::StdinEnd => self.input.end(),
            // The program's next write breaks its pipe.
            Frame::StdoutClosed => self.stdout = None,
            Frame::StderrClosed => self.stderr = None,
            Frame::Resize(size) => {
                if let Some(terminal) = &self.terminal {
                    // SAFETY: the descriptor is open, the structure is whole.
                    unsafe { tiocswinsz(terminal.as_raw_fd(), &winsize(size)) }
                        .map_err(|e| format!("failed to resize the terminal: {e}"))?;
                }
            }
            Frame::TimeIsUp => self.time_is_up = true,
            Frame::Received => self.received = true,
            Frame::Ready | Frame::Taken(_) | Frame::Stdout(_) | Frame::Stderr(_) | Frame::Done => {
                return Err(format!("the host sent what only the guest may: {frame:?}"));
            }
        }
        Ok(())
    }

    /// Sends what is left of the output and waits until the host has it.
    ///
    /// All processes that could write are gone, so each stream has an end.
    pub fn finish(&mut self) -> Result<(), String> {
        self.input.stdin = None;
        while self.stdout.is_some() || self.stderr.is_some() {
            self.turn(None, None)?;
        }
        self.port.send(&Frame::Done)?;
        while !self.received {
            self.turn(None, None)?;
        }
        Ok(())
    }
}

pub fn winsize(size: Size) -> Winsize {
    Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 }
}
