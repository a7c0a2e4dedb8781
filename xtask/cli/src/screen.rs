//! What a stream's reader can see: a terminal's width and colours, or neither. Only this
//! module asks, and what makes a text is told.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileTypeExt;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use nix::pty::Winsize;
use story::render::ink::Inked;
use story::render::text::WIDTH;
use story::render::wrap::width;

/// The narrowest and the widest text, columns. In longer lines, eyes lose their place.
const NARROWEST: usize = 60;
const WIDEST: usize = 120;

/// The reader of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    is_terminal: bool,
    has_colours: bool,
    size: Option<Size>,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    columns: usize,
    rows: usize,
}

impl Screen {
    /// The reader of a stream. For colours, see NO_COLOR, CLICOLOR and CLICOLOR_FORCE
    /// (https://bixense.com/clicolors) and TERM.
    pub fn of(stream: &(impl AsFd + RawStream)) -> Screen {
        Screen {
            is_terminal: stream.is_terminal(),
            has_colours: AutoStream::choice(stream) != ColorChoice::Never,
            size: Size::of(stream),
        }
    }

    /// The width of a text for the reader.
    pub fn columns(self) -> usize {
        self.size.map_or(WIDTH, |size| size.columns.clamp(NARROWEST, WIDEST))
    }

    /// Whether the reader wants colours and can see them.
    pub fn has_colours(self) -> bool {
        self.has_colours
    }

    /// The rows and columns of a text that is to be seen at once: without the lines of the
    /// command and of the next prompt, and as on a terminal of 24 rows if there is none.
    pub fn page(self) -> (usize, usize) {
        const OTHERS: usize = 3;
        let rows = self.size.map(|size| size.rows).filter(|&rows| rows > 0);
        (rows.unwrap_or(24).saturating_sub(OTHERS), self.columns().min(WIDTH))
    }

    /// What clears the reader's terminal, or nothing if it cannot be cleared.
    pub fn cleared(self) -> &'static str {
        if self.is_terminal && !is_dumb() { "\x1b[H\x1b[2J" } else { "" }
    }

    /// Whether a text has more lines than the terminal. A terminal that cannot move its
    /// cursor has no use for a pager, so nothing is too long for it.
    pub fn is_too_small_for(self, text: &Inked) -> bool {
        let Some(Size { columns, rows }) = self.size.filter(|_| self.is_terminal && !is_dumb())
        else {
            return false;
        };
        let text = text.for_terminal(false);
        let lines = text.lines().map(|line| width(line).div_ceil(columns).max(1));
        // The shell's prompt needs a line too.
        rows > 0 && lines.sum::<usize>() >= rows
    }

    /// The bytes of a text for the reader. On a terminal, only the text's own colours act.
    pub fn text(self, text: &Inked) -> String {
        match self.is_terminal || self.has_colours {
            true => text.for_terminal(self.has_colours),
            false => text.to_string(),
        }
    }
}

/// Whether TERM says that the terminal only prints.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// Whether a stream goes to another program.
pub fn is_piped(stream: &impl AsFd) -> bool {
    let stream = stream.as_fd().try_clone_to_owned().map(File::from);
    let kind = stream.and_then(|stream| Ok(stream.metadata()?.file_type()));
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

nix::ioctl_read_bad!(tiocgwinsz, nix::libc::TIOCGWINSZ, Winsize);

impl Size {
    /// `None` if there is no terminal or it does not know its size.
    fn of(stream: &impl AsFd) -> Option<Size> {
        let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the descriptor is borrowed, so it is open, and the call fills in the
        // structure.
        unsafe { tiocgwinsz(stream.as_fd().as_raw_fd(), &mut size) }.ok()?;
        let size = Size { columns: size.ws_col.into(), rows: size.ws_row.into() };
        Some(size).filter(|size| size.columns > 0)
    }
}

/// The width of the terminal on a stream. `None` if there is no terminal or it does not
/// know its width.
pub fn columns(stream: &impl AsFd) -> Option<usize> {
    Size::of(stream).map(|size| size.columns)
}
