//! A reader of the named pipe.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// The length of a record, bytes.
pub const RECORD: usize = 70_000;

pub struct Reader(File);

impl Reader {
    /// Opens the pipe, and does not wait for a writer: the program may have none.
    pub fn open(path: &str) -> io::Result<Reader> {
        File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path).map(Reader)
    }

    /// Takes that many bytes, or what comes until the last writer has closed the pipe or
    /// patience is over.
    pub fn take(&mut self, enough: usize, patience: Duration) -> io::Result<Got> {
        let mut got = Vec::new();
        let mut bytes = vec![0; RECORD];
        let deadline = Instant::now() + patience;
        while got.len() < enough {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, timeout)? == 0 {
                break;
            }
            let room = bytes.len().min(enough - got.len());
            let count = self.0.read(&mut bytes[..room])?;
            if count == 0 {
                break;
            }
            got.extend_from_slice(&bytes[..count]);
        }
        Ok(Got::of(&got))
    }
}

/// What a reader got.
pub struct Got {
    /// The numbers of the records that came whole, as a line each.
    pub records: Vec<usize>,
    /// Whether other lines came.
    pub too_short: bool,
    pub too_long: bool,
}

impl Got {
    fn of(mut bytes: &[u8]) -> Got {
        let mut got = Got { records: Vec::new(), too_short: false, too_long: false };
        while !bytes.is_empty() {
            let len = match whole(bytes) {
                Some(number) => {
                    got.records.push(number);
                    RECORD
                }
                None => {
                    let end = bytes.iter().position(|&byte| byte == b'\n');
                    let len = end.map_or(bytes.len(), |end| end + 1);
                    got.too_short |= len < RECORD;
                    got.too_long |= len > RECORD;
                    len
                }
            };
            bytes = &bytes[len..];
        }
        got
    }
}

/// The number of the record that this begins with, if it is there to its end.
fn whole(bytes: &[u8]) -> Option<usize> {
    let record = bytes.get(..RECORD)?.strip_suffix(b"\n")?;
    let number = record.split(|&byte| byte == b' ').next()?;
    str::from_utf8(number).ok()?.parse().ok()
}
