//! The host's end of a session: connects this process's standard streams to the machine
//! through frames.
//!
//! There are two threads, so that input never waits for output: one writes what comes
//! from the machine, the other sends what comes from the person. A third one counts the
//! program's time. All end when the machine has ended.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write, stderr, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use explain::{ExitStatus, Explain};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use protocol::session::{FRAME_MAX, Frame, Frames, INPUT_MAX};
use signal_hook::consts::SIGWINCH;

use super::stopwatch::Stopwatch;
use super::terminal::size;
use super::{Join, LEAVE, Output};
use crate::error::Error;
use process::terminal::Raw;

/// The streams could not be relayed.
#[derive(Debug, thiserror::Error)]
#[error("failed to relay the program's streams: {0}")]
pub struct RelayError(#[source] pub io::Error);

impl Explain for RelayError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }
}

/// Runs `machine`, connected to this process's streams through `socket`. The other end of
/// the socket must be closed when `machine` returns. `output` receives what the program
/// writes. A byte is written to `leaving` when the person leaves with [`LEAVE`]. After
/// `timeout`, the program is killed.
pub fn join<T>(
    socket: UnixStream,
    leaving: UnixStream,
    join: Join,
    timeout: Option<Duration>,
    output: &Mutex<Output>,
    machine: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let (wake, woken) = UnixStream::pair().map_err(RelayError)?;
    let (mut resized, mut raw) = (None, None);
    if join == Join::Terminal {
        let (reader, writer) = UnixStream::pair().map_err(RelayError)?;
        signal_hook::low_level::pipe::register(SIGWINCH, writer).map_err(RelayError)?;
        resized = Some(reader);
        raw = Some(Raw::enter().map_err(|e| RelayError(e.into()))?);
    }
    let relay = &Relay {
        reader: socket.try_clone().map_err(RelayError)?,
        writer: Mutex::new(socket),
        on_the_way: AtomicUsize::new(0),
        wake,
        woken,
        resized,
        leaving,
        at_terminal: join == Join::Terminal,
        shows: join != Join::Nothing,
        kept: output,
        unread: Mutex::default(),
    };
    let result = std::thread::scope(|scope| {
        let (begin, begun) = channel();
        let output = move || relay.output(begin);
        let output = Builder::new().spawn_scoped(scope, output).map_err(RelayError)?;
        let mut others: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
        if !matches!(join, Join::Output | Join::Nothing) {
            others.push(Box::new(move || relay.input()));
        }
        if let Some(timeout) = timeout {
            others.push(Box::new(move || relay.count(&begun, timeout)));
        }
        for other in others {
            if let Err(error) = Builder::new().spawn_scoped(scope, other) {
                // It has the other end of the socket, which `output` waits for.
                drop(machine);
                return Err(RelayError(error).into());
            }
        }
        let result = machine();
        let output = output.join().expect("the relay does not panic");
        // If both fail, the machine's error says more.
        result.and_then(|value| Ok(output.map(|()| value).map_err(RelayError)?))
    });
    drop(raw);
    result
}

struct Relay<'a> {
    reader: UnixStream,
    writer: Mutex<UnixStream>,
    /// Bytes of input that the program has not taken yet.
    on_the_way: AtomicUsize,
    /// Wakes `input`, so that it looks again.
    wake: UnixStream,
    woken: UnixStream,
    /// Readable when the size of the terminal has changed.
    resized: Option<UnixStream>,
    /// Written to when the person leaves.
    leaving: UnixStream,
    /// Whether input comes from a keyboard, where one key leaves.
    at_terminal: bool,
    /// Whether output goes to this process's streams.
    shows: bool,
    kept: &'a Mutex<Output>,
    unread: Mutex<Stopwatch>,
}

impl Relay<'_> {
    /// Writes what comes from the machine, until there is no more. Says when the program
    /// begins.
    fn output(&self, begin: Sender<()>) -> io::Result<()> {
        let result = self.write_all(&begin);
        if result.is_err() {
            // PID 1 sees this as the end of the stream and writes so to the kernel log.
            let _ = self.reader.shutdown(std::net::Shutdown::Both);
        }
        result
    }

    fn write_all(&self, begin: &Sender<()>) -> io::Result<()> {
        let (mut stdout, mut stderr) = match self.shows {
            true => (
                Some(File::from(stdout().as_fd().try_clone_to_owned()?)),
                Some(File::from(stderr().as_fd().try_clone_to_owned()?)),
            ),
            false => (None, None),
        };
        let (mut frames, mut buffer) = (Frames::default(), vec![0; FRAME_MAX]);
        loop {
            match (&self.reader).read(&mut buffer) {
                Ok(0) => return Ok(()),
                // The machine may end while frames are still on their way to it.
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
                Ok(n) => frames.push(&buffer[..n]),
                Err(e) => return Err(e),
            }
            while let Some(frame) = frames.next_frame().map_err(|e| {
                io::Error::new(io::ErrorKind::InvalidData, format!("PID 1 sent no frame: {e:?}"))
            })? {
                self.kept.lock().expect("nobody panics with the lock held").push(&frame);
                match frame {
                    Frame::Stdout(bytes) => {
                        self.write(&mut stdout, &bytes, Frame::StdoutClosed)?;
                    }
                    Frame::Stderr(bytes) => {
                        self.write(&mut stderr, &bytes, Frame::StderrClosed)?;
                    }
                    Frame::Taken(bytes) => {
                        self.on_the_way.fetch_sub(bytes as usize, Ordering::Relaxed);
                        let _ = (&self.wake).write(&[0]);
                    }
                    Frame::Ready => drop(begin.send(())),
                    Frame::Done => self.send(&Frame::Received)?,
                    _ => {}
                }
            }
        }
    }

    /// Writes to one of this process's streams. If its reader is gone, the program is
    /// told, as its own pipe would tell it.
    fn write(&self, stream: &mut Option<File>, bytes: &[u8], closed: Frame) -> io::Result<()> {
        let Some(file) = stream else { return Ok(()) };
        self.unread.lock().expect("nobody panics with the lock held").begin();
        let written = file.write_all(bytes);
        self.unread.lock().expect("nobody panics with the lock held").end();
        match written {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                *stream = None;
                self.send(&closed)
            }
            Err(e) => Err(e),
        }
    }

    fn send(&self, frame: &Frame) -> io::Result<()> {
        let mut socket = self.writer.lock().expect("nobody panics with the lock held");
        match socket.write_all(&frame.encode()) {
            // The machine has ended, so there is nothing to tell.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Counts the program's time and says when it is up. Time in which nobody reads its
    /// output does not count.
    fn count(&self, begun: &Receiver<()>, timeout: Duration) {
        if begun.recv().is_err() {
            return;
        }
        let (mut left, mut extra) = (timeout, Duration::ZERO);
        while begun.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            let unread = self.unread.lock().expect("nobody panics with the lock held").total();
            if unread - extra < Duration::from_millis(10) {
                // If this fails, the machine has ended.
                let _ = self.send(&Frame::TimeIsUp);
                return;
            }
            (left, extra) = (unread - extra, unread);
        }
    }

    /// Sends what comes from the person, until the machine has ended. An input error
    /// counts as the end of the input.
    fn input(&self) {
        let mut source = stdin().as_fd().try_clone_to_owned().ok().map(File::from);
        let mut buffer = vec![0; FRAME_MAX];
        while let Ok(ready) = self.wait(source.as_ref().map(AsFd::as_fd)) {
            if ready.resized && self.send(&Frame::Resize(size())).is_err() {
                return;
            }
            let Some(file) = source.as_mut().filter(|_| ready.input) else { continue };
            let frame = match file.read(&mut buffer[..self.room().min(FRAME_MAX)]) {
                Ok(n) if n > 0 => Frame::Stdin(buffer[..n].to_vec()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                _ => {
                    source = None;
                    Frame::StdinEnd
                }
            };
            if let Frame::Stdin(bytes) = &frame {
                if self.at_terminal && bytes.contains(&LEAVE) {
                    let _ = (&self.leaving).write(&[0]);
                    return;
                }
                self.on_the_way.fetch_add(bytes.len(), Ordering::Relaxed);
            }
            if self.send(&frame).is_err() {
                return;
            }
        }
    }

    /// How many bytes may be sent before the program takes some.
    fn room(&self) -> usize {
        INPUT_MAX.saturating_sub(self.on_the_way.load(Ordering::Relaxed))
    }

    /// Waits for the person. Fails if the machine has ended.
    fn wait(&self, source: Option<BorrowedFd<'_>>) -> Result<Ready, ()> {
        let mut fds = vec![
            PollFd::new(self.reader.as_fd(), PollFlags::empty()),
            PollFd::new(self.woken.as_fd(), PollFlags::POLLIN),
        ];
        let resized = self.resized.as_ref().map(|resized| {
            fds.push(PollFd::new(resized.as_fd(), PollFlags::POLLIN));
            fds.len() - 1
        });
        let input = source.filter(|_| self.room() > 0).map(|source| {
            fds.push(PollFd::new(source, PollFlags::POLLIN));
            fds.len() - 1
        });
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return Err(()),
        }
        let is_ready = |index: usize| fds[index].any() == Some(true);
        if is_ready(0) {
            return Err(());
        }
        let mut drained = [0; 64];
        if is_ready(1) {
            let _ = (&self.woken).read(&mut drained);
        }
        let resized = resized.is_some_and(is_ready);
        if resized && let Some(mut pipe) = self.resized.as_ref() {
            let _ = pipe.read(&mut drained);
        }
        Ok(Ready { resized, input: input.is_some_and(is_ready) })
    }
}

/// What is ready to be sent.
struct Ready {
    resized: bool,
    input: bool,
}

/// Whether standard input should be passed on by default. A pipe or file should. A
/// terminal should not, because the person did not ask for that.
pub fn has_input() -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let Ok(file) = stdin().as_fd().try_clone_to_owned().map(File::from) else { return false };
    let null = std::fs::metadata("/dev/null").map(|null| null.rdev()).ok();
    !stdin().is_terminal()
        && file
            .metadata()
            .is_ok_and(|meta| !(meta.file_type().is_char_device() && Some(meta.rdev()) == null))
}
