//! The size of a terminal: ioctl_tty(2).

use std::os::fd::{AsFd, AsRawFd};

use nix::libc;
use nix::pty::Winsize;

nix::ioctl_read_bad!(
    /// Asks for the size of a terminal.
    tiocgwinsz, libc::TIOCGWINSZ, Winsize);

nix::ioctl_write_ptr_bad!(
    /// Sets it.
    tiocswinsz, libc::TIOCSWINSZ, Winsize);

nix::ioctl_write_int_bad!(
    /// Makes a terminal the one that controls the caller's session.
    tiocsctty, libc::TIOCSCTTY);

/// A size in characters, which leaves the one in pixels open.
pub fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

pub fn size_of(terminal: impl AsFd) -> nix::Result<Winsize> {
    let mut size = size(0, 0);
    // SAFETY: the kernel writes one Winsize, any content of which is valid.
    unsafe { tiocgwinsz(terminal.as_fd().as_raw_fd(), &mut size) }?;
    Ok(size)
}

pub fn resize(terminal: impl AsFd, size: Winsize) -> nix::Result<()> {
    // SAFETY: the kernel reads one Winsize, which lives through the call.
    unsafe { tiocswinsz(terminal.as_fd().as_raw_fd(), &size) }.map(drop)
}
