//! A session: a program that a person runs by hand, connected to the host while
//! it runs.
//!
//! The two sides exchange frames over one virtio port. A frame is a byte for its
//! kind, the length of its body as four bytes, lowest first, and the body. There
//! is only one port, so that output keeps its order, and so that the end of a
//! stream is a frame and not a state of a device.

use serde::{Deserialize, Serialize};

/// PCI address of the device that has the port.
pub const SESSION_SLOT: &str = "0000:00:03.0";
/// The port's node in the guest: the first device's first port that is not a
/// console.
pub const SESSION_PORT: &str = "vport0p1";

/// Folder of the payload whose files go below `/` in the guest.
pub const ROOT_FOLDER: &str = "root";
/// Folder of the record with the files that the host asked for, named by their
/// place in [`Session::out`].
pub const OUT_FOLDER: &str = "out";

/// The record's file with a folder that the host asked for: a tar archive.
pub fn out_archive(number: usize) -> String {
    format!("{OUT_FOLDER}/{number}.tar")
}

/// Bytes of a frame's body, at most.
pub const FRAME_MAX: usize = 32 << 10;
/// Bytes of input that may be on their way to the program at a time. The host
/// sends no more until the guest says that some were taken, so unread input
/// never holds up another frame.
pub const INPUT_MAX: usize = 64 << 10;

/// What a session adds to a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// What the program sees as its own name.
    pub argv0: String,
    /// The user that it runs as: a name of the guest's `/etc/passwd`.
    pub user: String,
    pub streams: Streams,
    /// Files that the person brings.
    pub files: Vec<Brought>,
    /// Files of the guest that go into the record.
    pub out: Vec<String>,
}

/// A file that a person brings into the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// Where it goes, absolute: its own path, or a folder that exists.
    pub guest: String,
    /// Its name, if it goes into a folder.
    pub name: String,
}

impl Session {
    /// Whether input comes from the host. If so, the machine's clock follows the
    /// host's; if not, it skips the time in which the machine is idle.
    pub fn follows_host(&self) -> bool {
        self.streams != Streams::Pipes { stdin: false }
    }
}

/// What the program has for standard input, output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Streams {
    /// Two pipes for output and error; for input a third, or `/dev/null`.
    Pipes { stdin: bool },
    /// One terminal for all three, of the program's own session.
    Terminal(Size),
}

/// Size of a terminal; zeros are an unknown size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    pub rows: u16,
    pub columns: u16,
}

/// What goes over the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Guest: the port is open. This is its first frame: once it can be sent, the
    /// guest knows that the host is there.
    Ready,
    /// Host: bytes for the standard input or the terminal.
    Stdin(Vec<u8>),
    /// Host: there is no more input.
    StdinEnd,
    /// Guest: the program has taken that many bytes of input, or will never take them.
    Taken(u32),
    /// Guest: bytes of the standard output or the terminal.
    Stdout(Vec<u8>),
    /// Guest: bytes of the standard error.
    Stderr(Vec<u8>),
    /// Host: nobody reads the standard output any more.
    StdoutClosed,
    /// Host: nobody reads the standard error any more.
    StderrClosed,
    /// Host: the terminal has another size.
    Resize(Size),
    /// Host: the program has had its time and is to be killed.
    TimeIsUp,
    /// Guest: the program has ended and everything it wrote has been sent.
    Done,
    /// Host: everything has been received. Only then may the machine end, because
    /// what is still on its way would be lost.
    Received,
}

/// Bytes that are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    pub kind: u8,
    pub len: usize,
}

const HEADER: usize = 5;

impl Frame {
    /// The frame's bytes. A body of more than [`FRAME_MAX`] bytes is a bug.
    pub fn encode(&self) -> Vec<u8> {
        let (size, count);
        let (kind, body): (u8, &[u8]) = match self {
            Frame::Ready => (0, &[]),
            Frame::Stdin(bytes) => (1, bytes),
            Frame::StdinEnd => (2, &[]),
            Frame::Stdout(bytes) => (3, bytes),
            Frame::Stderr(bytes) => (4, bytes),
            Frame::StdoutClosed => (5, &[]),
            Frame::StderrClosed => (6, &[]),
            Frame::Resize(Size { rows, columns }) => {
                let ([a, b], [c, d]) = (rows.to_le_bytes(), columns.to_le_bytes());
                size = [a, b, c, d];
                (7, &size)
            }
            Frame::Done => (8, &[]),
            Frame::Received => (9, &[]),
            Frame::Taken(bytes) => {
                count = bytes.to_le_bytes();
                (10, &count)
            }
            Frame::TimeIsUp => (11, &[]),
        };
        assert!(body.len() <= FRAME_MAX, "a frame of {} bytes", body.len());
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.push(kind);
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn decode(kind: u8, body: &[u8]) -> Option<Frame> {
        Some(match (kind, body) {
            (0, []) => Frame::Ready,
            (1, bytes) => Frame::Stdin(bytes.to_vec()),
            (2, []) => Frame::StdinEnd,
            (3, bytes) => Frame::Stdout(bytes.to_vec()),
            (4, bytes) => Frame::Stderr(bytes.to_vec()),
            (5, []) => Frame::StdoutClosed,
            (6, []) => Frame::StderrClosed,
            (7, &[a, b, c, d]) => Frame::Resize(Size {
                rows: u16::from_le_bytes([a, b]),
                columns: u16::from_le_bytes([c, d]),
            }),
            (8, []) => Frame::Done,
            (9, []) => Frame::Received,
            (10, &[a, b, c, d]) => Frame::Taken(u32::from_le_bytes([a, b, c, d])),
            (11, []) => Frame::TimeIsUp,
            _ => return None,
        })
    }
}

/// Makes frames of bytes as they arrive.
#[derive(Debug, Default)]
pub struct Frames(Vec<u8>);

impl Frames {
    /// Takes bytes that have arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Malformed> {
        let Some(&[kind, l0, l1, l2, l3]) = self.0.first_chunk() else { return Ok(None) };
        let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if len > FRAME_MAX {
            return Err(Malformed { kind, len });
        }
        let Some(body) = self.0.get(HEADER..HEADER + len) else { return Ok(None) };
        let frame = Frame::decode(kind, body).ok_or(Malformed { kind, len })?;
        self.0.drain(..HEADER + len);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_any_cutting() {
        let frames = [
            Frame::Ready,
            Frame::Stdin((0..=255).collect()),
            Frame::StdinEnd,
            Frame::Taken(70_000),
            Frame::Stdout(vec![7; FRAME_MAX]),
            Frame::Stderr(vec![]),
            Frame::StdoutClosed,
            Frame::StderrClosed,
            Frame::Resize(Size { rows: 24, columns: 800 }),
            Frame::TimeIsUp,
            Frame::Done,
            Frame::Received,
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        for step in [1, 2, 5, 4096, bytes.len()] {
            let (mut arriving, mut seen) = (Frames::default(), Vec::new());
            for part in bytes.chunks(step) {
                arriving.push(part);
                while let Some(frame) = arriving.next_frame().unwrap() {
                    seen.push(frame);
                }
            }
            assert!(seen == frames, "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let next = |bytes: &[u8]| {
            let mut frames = Frames::default();
            frames.push(bytes);
            frames.next_frame()
        };
        assert_eq!(next(&[12, 0, 0, 0, 0]), Err(Malformed { kind: 12, len: 0 }));
        assert_eq!(next(&[0, 1, 0, 0, 0, 9]), Err(Malformed { kind: 0, len: 1 }));
        assert_eq!(next(&[1, 0, 0, 0, 1]), Err(Malformed { kind: 1, len: 1 << 24 }));
        assert_eq!(next(&[1, 2, 0, 0, 0, 9]), Ok(None));
    }
}
