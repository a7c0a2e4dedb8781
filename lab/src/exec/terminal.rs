//! The size of this process's own terminal.

use std::io::stdin;
use std::os::fd::AsRawFd;

use nix::pty::Winsize;
use protocol::session::Size;

nix::ioctl_read_bad!(tiocgwinsz, nix::libc::TIOCGWINSZ, Winsize);

/// The traditional size, for terminals that do not know their own.
const USUAL: Size = Size { rows: 24, columns: 80 };

/// The size of the terminal on standard input, or the usual one.
pub fn size() -> Size {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open for the life of the process, and the call fills in
    // the structure.
    match unsafe { tiocgwinsz(stdin().as_raw_fd(), &mut size) } {
        Ok(_) if size.ws_row > 0 && size.ws_col > 0 => {
            Size { rows: size.ws_row, columns: size.ws_col }
        }
        _ => USUAL,
    }
}
