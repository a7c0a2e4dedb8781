//! The relay between the program's streams and the port. A stream that is not read
//! holds up no other.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::pty::Winsize;
use nix::sys::signalfd::SignalFd;
use nix::sys::time::TimeSpec;
use protocol::session::{FRAME_MAX, Frame, Size};

use crate::port::Port;
use crate::{supervise, watchdog};

nix::ioctl_write_ptr_bad!(tiocswinsz, nix::libc::TIOCSWINSZ, Winsize);

/// PID 1's ends of the program's streams, and the port.
pub struct Relay {
    port: Port,
    pub(super) stdin: Option<File>,
    /// What the host sent and the program has not yet taken.
    input: Vec<u8>,
    input_ended: bool,
    pub(super) stdout: Option<File>,
    pub(super) stderr: Option<File>,
    /// The terminal's other end, where there is one.
    pub(super) terminal: Option<File>,
    received: bool,
}

impl Relay {
    pub fn new(port: Port) -> Relay {
        Relay {
            port,
            stdin: None,
            input: Vec::new(),
            input_ended: false,
            stdout: None,
            stderr: None,
            terminal: None,
            received: false,
        }
    }

    /// Waits for a host that does not take what is sent to it, for as long as it
    /// likes, and returns how long that was, to be added to the program's time.
    /// The clock of an idle guest skips such a wait, of whatever length, up to
    /// the next timer: no limit may be among these.
    pub fn wait_for_room(&mut self, deadline: Duration) -> Result<Duration, String> {
        if self.port.has_room() {
            return Ok(Duration::ZERO);
        }
        let since = supervise::now()?;
        watchdog::stop()?;
        while !self.port.has_room() {
            self.turn(None, None)?;
        }
        watchdog::start(deadline.saturating_sub(since) + watchdog::REST)?;
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
        self.feed()?;
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
        if let Some(stdin) = self.stdin.as_ref().filter(|_| !self.input.is_empty()) {
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
            Frame::Stdin(bytes) => self.input.extend(bytes),
            Frame::StdinEnd => self.input_ended = true,
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
            Frame::Received => self.received = true,
            Frame::Ready | Frame::Taken(_) | Frame::Stdout(_) | Frame::Stderr(_) | Frame::Done => {
                return Err(format!("the host sent what only the guest may: {frame:?}"));
            }
        }
        Ok(())
    }

    /// Gives the program what it takes of the input, and says so to the host.
    fn feed(&mut self) -> Result<(), String> {
        let waiting = self.input.len();
        while let Some(stdin) = self.stdin.as_mut().filter(|_| !self.input.is_empty()) {
            match stdin.write(&self.input) {
                Ok(taken) => drop(self.input.drain(..taken)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                // The program reads no more.
                Err(_) => self.stdin = None,
            }
        }
        if self.stdin.is_none() {
            self.input.clear();
        } else if self.input_ended && self.input.is_empty() {
            self.stdin = None;
        }
        match (waiting - self.input.len()) as u32 {
            0 => Ok(()),
            taken => self.port.send(&Frame::Taken(taken)),
        }
    }

    /// Sends what is left of the output, waits until the host has it.
    ///
    /// All who could write are gone, so that each stream has an end.
    pub fn finish(&mut self) -> Result<(), String> {
        self.stdin = None;
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

/// Sends what a stream has for now, and forgets the stream at its end.
fn forward(
    stream: &mut Option<File>,
    port: &mut Port,
    frame: fn(Vec<u8>) -> Frame,
) -> Result<(), String> {
    let Some(file) = stream else { return Ok(()) };
    let mut buffer = vec![0; FRAME_MAX];
    match file.read(&mut buffer) {
        Ok(0) => *stream = None,
        Ok(n) => {
            buffer.truncate(n);
            port.send(&frame(buffer))?;
        }
        Err(e) if e.kind() == ErrorKind::WouldBlock => {}
        // A terminal says so when nobody has it open any more.
        Err(e) if e.raw_os_error() == Some(nix::libc::EIO) => *stream = None,
        Err(e) => return Err(format!("failed to read the program's output: {e}")),
    }
    Ok(())
}

pub fn winsize(size: Size) -> Winsize {
    Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 }
}
