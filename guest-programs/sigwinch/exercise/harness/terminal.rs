//! A pseudo-terminal with the student's program in front of it.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::setsid;

nix::ioctl_write_ptr_bad!(tiocswinsz, libc::TIOCSWINSZ, Winsize);
nix::ioctl_write_int_bad!(tiocsctty, libc::TIOCSCTTY);

/// "Are you done?" and "yes": the device status report of ECMA-48.
const DONE: &str = "\x1b[5n";
const YES: &[u8] = b"\x1b[0n";

/// How long a picture may take.
pub const PATIENCE: Duration = Duration::from_millis(300);

pub struct Terminal {
    master: File,
    /// The program's end, kept open: when all have closed it, reading from the
    /// master fails with EIO.
    _slave: OwnedFd,
    columns: u16,
    /// What was read and not yet looked at.
    text: String,
    /// Whether the program waits to hear that its picture is there.
    pub asked: bool,
}

impl Terminal {
    /// Starts the program in front of a terminal of this size.
    pub fn start(rows: u16, columns: u16) -> Result<(Terminal, Child), Box<dyn Error>> {
        let OpenptyResult { master, slave } = openpty(Some(&size(rows, columns)), None)?;
        // No echo, no lines: bytes.
        let mut raw = tcgetattr(&slave)?;
        cfmakeraw(&mut raw);
        tcsetattr(&slave, SetArg::TCSANOW, &raw)?;

        let mut command = student::command([]);
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?);
        // SAFETY: two system calls, which a child between fork and exec may make.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                tiocsctty(libc::STDIN_FILENO, 0)?;
                Ok(())
            })
        };
        let program = student::spawn(&mut command)?;
        let (master, text) = (master.into(), String::new());
        Ok((Terminal { master, _slave: slave, columns, text, asked: false }, program))
    }

    pub fn resize(&self, rows: u16) -> nix::Result<()> {
        let size = size(rows, self.columns);
        // SAFETY: the kernel reads one Winsize.
        unsafe { tiocswinsz(self.master.as_raw_fd(), &size) }.map(drop)
    }

    /// Waits for a picture and returns it; `nothing` if there is none.
    pub fn picture(&mut self) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some((picture, rest)) = self.text.split_once(DONE) {
                let picture = printable(picture);
                self.text = rest.to_owned();
                self.asked = true;
                return Ok(picture);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.readable(left)? {
                return Ok("nothing".to_owned());
            }
            let mut bytes = [0; 1024];
            let count = self.master.read(&mut bytes)?;
            self.text += &String::from_utf8_lossy(&bytes[..count]);
        }
    }

    /// Says that the picture is there, if somebody has asked.
    pub fn done(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.asked) { self.master.write_all(YES) } else { Ok(()) }
    }

    /// Whether there is something to read before patience ends.
    pub fn readable(&self, patience: Duration) -> nix::Result<bool> {
        let patience = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        Ok(poll(&mut fds, patience)? > 0)
    }
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// A picture as a mark can show it.
fn printable(picture: &str) -> String {
    let picture = picture.trim();
    if picture.is_empty() || picture.len() > 20 || picture.contains(|c: char| c.is_control()) {
        return "something else".to_owned();
    }
    picture.to_owned()
}
