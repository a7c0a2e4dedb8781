//! A session: the program's standard streams are joined to the host while it
//! runs.
//!
//! ```text
//! program ── pipes, or a pseudo-terminal ──▶ PID 1 ── frames ──▶ host
//! ```
//!
//! The program never has the port itself: a pipe ends, blocks and breaks the
//! way programs expect, and a pseudo-terminal brings job control.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::Signal;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::unistd::{Gid, Pid, Uid, fchown, pipe2, setsid};
use protocol::session::{FRAME_MAX, Frame, Size, Streams};
use protocol::{Ended, Job, Session};

use crate::port::{Port, set_nonblocking};
use crate::{machine, supervise, trace, watchdog};

nix::ioctl_write_ptr_bad!(tiocswinsz, nix::libc::TIOCSWINSZ, Winsize);
nix::ioctl_write_int_bad!(tiocsctty, nix::libc::TIOCSCTTY);

/// What poweroff(8), halt(8) and reboot(8) send PID 1. The machine ends then, and has
/// no record.
const TO_END: [Signal; 3] = [Signal::SIGUSR2, Signal::SIGUSR1, Signal::SIGTERM];

/// Runs the job's program, joined to the host, until it ends or its time is
/// over, and until the host has all that it wrote.
pub fn run(job: &Job, session: &Session) -> Result<Ended, String> {
    let mut watched = supervise::sigchld();
    for signal in TO_END {
        watched.add(signal);
    }
    let exits = SignalFd::with_flags(&watched, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(|e| format!("failed to watch for SIGCHLD: {e}"))?;
    let port = Port::open()?;
    let mut deadline = supervise::now()? + Duration::from_millis(job.timeout_ms);
    let (program, mut relay) = start(job, session, port)?;
    let ended = loop {
        deadline += relay.wait_for_room(deadline)?;
        let left = deadline.saturating_sub(supervise::now()?);
        relay.turn(Some(&exits), Some(left))?;
        // Each look takes all that is pending: signals of one kind are one.
        while let Some(info) =
            exits.read_signal().map_err(|e| format!("failed to read a signal: {e}"))?
        {
            if TO_END.iter().any(|signal| *signal as u32 == info.ssi_signo) {
                machine::power_off()?;
            }
        }
        if let Some(ended) = supervise::reap(program)? {
            break ended;
        }
        if left.is_zero() {
            break Ended::TimedOut;
        }
    };
    // What ends the rest is the lab's doing, none of the program's.
    trace::switch(false)?;
    supervise::end_the_rest()?;
    watchdog::stop()?;
    relay.finish()?;
    watchdog::start(watchdog::REST)?;
    Ok(ended)
}

/// Starts the program on its streams.
fn start(job: &Job, session: &Session, port: Port) -> Result<(Pid, Relay), String> {
    let user = protocol::user(&session.user)
        .ok_or_else(|| format!("there is no user `{}`", session.user))?;
    let mut command = supervise::command(job);
    command.arg0(&session.argv0).uid(user.uid).gid(user.uid);
    let mut relay = match session.streams {
        Streams::Pipes { stdin } => Relay::on_pipes(port, &mut command, stdin, user.uid),
        Streams::Terminal(size) => Relay::on_terminal(port, &mut command, size),
    }
    .map_err(|e| format!("failed to make the program's streams: {e}"))?;
    match command.spawn() {
        Ok(child) => Ok((Pid::from_raw(child.id().cast_signed()), relay)),
        Err(e) => {
            drop(command);
            relay.finish()?;
            Err(format!("failed to start `{}`: {e}", session.argv0))
        }
    }
}

/// PID 1's ends of the program's streams, and the port.
struct Relay {
    port: Port,
    stdin: Option<File>,
    /// What the host sent and the program has not yet taken.
    input: Vec<u8>,
    input_ended: bool,
    stdout: Option<File>,
    stderr: Option<File>,
    /// The terminal's other end, where there is one.
    terminal: Option<File>,
    received: bool,
}

impl Relay {
    fn new(port: Port) -> Relay {
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

    fn on_pipes(port: Port, command: &mut Command, stdin: bool, uid: u32) -> nix::Result<Relay> {
        // The program's end belongs to its user, who may open /dev/stdout anew.
        let pipe = || -> nix::Result<(OwnedFd, OwnedFd)> {
            let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
            fchown(&writer, Some(Uid::from_raw(uid)), Some(Gid::from_raw(uid)))?;
            Ok((reader, writer))
        };
        let mut relay = Relay::new(port);
        if stdin {
            let (reader, writer) = pipe()?;
            set_nonblocking(writer.as_fd())?;
            relay.stdin = Some(writer.into());
            command.stdin(reader);
        } else {
            command.stdin(Stdio::null());
        }
        let (reader, writer) = pipe()?;
        set_nonblocking(reader.as_fd())?;
        relay.stdout = Some(reader.into());
        command.stdout(writer);
        let (reader, writer) = pipe()?;
        set_nonblocking(reader.as_fd())?;
        relay.stderr = Some(reader.into());
        command.stderr(writer);
        Ok(relay)
    }

    fn on_terminal(port: Port, command: &mut Command, size: Size) -> nix::Result<Relay> {
        let pty = openpty(Some(&winsize(size)), None)?;
        set_nonblocking(pty.master.as_fd())?;
        let mut relay = Relay::new(port);
        let another = |fd: &OwnedFd| fd.try_clone().map_err(|_| nix::errno::Errno::EMFILE);
        relay.stdin = Some(another(&pty.master)?.into());
        relay.stdout = Some(another(&pty.master)?.into());
        relay.terminal = Some(pty.master.into());
        command.stdin(another(&pty.slave)?).stdout(another(&pty.slave)?).stderr(pty.slave);
        // SAFETY: setsid and ioctl are async-signal-safe, as a child between
        // fork and exec needs them to be.
        unsafe {
            command.pre_exec(|| {
                // A session of its own, led by the program, with the terminal as
                // its controlling one: that is what Ctrl-C and SIGWINCH go by.
                setsid()?;
                tiocsctty(nix::libc::STDIN_FILENO, 0)?;
                Ok(())
            });
        }
        Ok(relay)
    }

    /// Waits for a host that does not take what is sent to it, for as long as it
    /// likes, and returns how long that was, to be added to the program's time.
    /// The clock of an idle guest skips such a wait, of whatever length, up to
    /// the next timer: no limit may be among these.
    fn wait_for_room(&mut self, deadline: Duration) -> Result<Duration, String> {
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
    fn turn(&mut self, exits: Option<&SignalFd>, limit: Option<Duration>) -> Result<(), String> {
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
    fn finish(&mut self) -> Result<(), String> {
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

fn winsize(size: Size) -> Winsize {
    Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 }
}
