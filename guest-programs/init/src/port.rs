//! The session's port: frames to and from the host.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use protocol::session::{FRAME_MAX, Frame, Frames, SESSION_PORT};

/// Bytes that may wait for the host before the program has to wait.
const QUEUE_MAX: usize = 2 * FRAME_MAX;

/// The open port. Nothing here blocks once it is open.
pub struct Port {
    file: File,
    incoming: Frames,
    outgoing: VecDeque<u8>,
}

impl Port {
    /// Waits for the port, tells the host that it is open, and so waits for the host.
    pub fn open() -> Result<Port, String> {
        let path = format!("/dev/{SESSION_PORT}");
        wait_for_node(&path)?;
        let failed =
            |verb: &str, e: &dyn std::fmt::Display| format!("failed to {verb} `{path}`: {e}");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| failed("open", &e))?;
        // Until the host is there, a read would report that it has gone away; a
        // write waits for it.
        file.write_all(&Frame::Ready.encode()).map_err(|e| failed("write", &e))?;
        set_nonblocking(file.as_fd()).map_err(|e| failed("set up", &e))?;
        Ok(Port { file, incoming: Frames::default(), outgoing: VecDeque::new() })
    }

    /// Queues a frame, and sends what the port takes of the queue.
    pub fn send(&mut self, frame: &Frame) -> Result<(), String> {
        self.outgoing.extend(frame.encode());
        self.flush()
    }

    /// Sends what the port takes of the queue.
    pub fn flush(&mut self) -> Result<(), String> {
        while !self.outgoing.is_empty() {
            let (bytes, _) = self.outgoing.as_slices();
            match self.file.write(bytes) {
                Ok(sent) => drop(self.outgoing.drain(..sent)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(format!("failed to send to the host: {e}")),
            }
        }
        Ok(())
    }

    /// Whether something waits to be sent.
    pub fn is_sending(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether there is room for more to be sent.
    pub fn has_room(&self) -> bool {
        self.outgoing.len() < QUEUE_MAX
    }

    /// The frames that have arrived.
    pub fn receive(&mut self) -> Result<Vec<Frame>, String> {
        let mut buffer = [0; 4096];
        match self.file.read(&mut buffer) {
            Ok(0) => return Err("the host closed the session's port".to_owned()),
            Ok(n) => self.incoming.push(&buffer[..n]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => return Err(format!("failed to receive from the host: {e}")),
        }
        let mut frames = Vec::new();
        while let Some(frame) =
            self.incoming.next_frame().map_err(|e| format!("the host sent no frame: {e:?}"))?
        {
            frames.push(frame);
        }
        Ok(frames)
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Makes reads and writes return instead of wait.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> nix::Result<()> {
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map(drop)
}

/// Waits until a device's node is there. The driver asks the device for its ports
/// only after the rescan that found the device is over.
fn wait_for_node(path: &str) -> Result<(), String> {
    let failed = |e| format!("failed to wait for `{path}`: {e}");
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC).map_err(failed)?;
    inotify.add_watch("/dev", AddWatchFlags::IN_CREATE).map_err(failed)?;
    // The watch begins before the first look, so the node cannot come unseen.
    while !Path::new(path).exists() {
        inotify.read_events().map_err(failed)?;
    }
    Ok(())
}
