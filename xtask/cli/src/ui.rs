//! The progress that people see while the lab works: a bar for each stage on a terminal,
//! plain lines elsewhere. The choice is made once, at the start.
//!
//! All of it goes to stderr, because stdout belongs to a command's result. It may contain
//! strangers' names and messages, which are shown in a form that a terminal does not act
//! on.

use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::AsRawFd;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use builder::progress::{Event, Progress};
use explain::{visible, visible_lines};
pub use host::say;
use indicatif::{ProgressBar, ProgressStyle};
use lab::error::Error;
use nix::pty::Winsize;
use process::{interrupt, limits};
use story::render::text::WIDTH;
use story::render::wrap::wrap;

/// Prints progress.
pub struct Ui {
    terminal: bool,
    stage: Mutex<Stage>,
}

#[derive(Default)]
struct Stage {
    name: String,
    total: Option<u64>,
    /// The bar on a terminal.
    bar: Option<ProgressBar>,
    /// The last printed tenth of the stage, if there is no terminal.
    tenth: u64,
}

impl Ui {
    pub fn new() -> Ui {
        Ui { terminal: std::io::stderr().is_terminal(), stage: Mutex::default() }
    }
}

impl Progress for Ui {
    fn event(&self, event: Event<'_>) {
        let mut stage = self.stage.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match event {
            Event::Begin { stage: name, total } => {
                let bar = self.terminal.then(|| bar(name, total));
                *stage = Stage { name: name.to_owned(), total, bar, tenth: 0 };
            }
            Event::Step { done, detail } => stage.step(done, &visible(detail)),
            Event::End => {
                if let Some(bar) = stage.bar.take() {
                    bar.finish_and_clear();
                }
            }
            Event::Note(text) => {
                let text = visible_lines(text);
                match &stage.bar {
                    Some(bar) => bar.suspend(|| say(&text)),
                    None => say(&text),
                }
            }
        }
    }
}

impl Stage {
    fn step(&mut self, done: u64, detail: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(detail.to_owned());
            return;
        }
        // One line per tenth keeps a log readable. A stage of unknown length prints each
        // step.
        match self.total {
            None => say(&format!("{}: {detail}", self.name)),
            Some(total) => {
                let tenth = done * 10 / total.max(1);
                if tenth > self.tenth || done == 0 {
                    self.tenth = tenth;
                    say(&format!("{}: {}0 %", self.name, tenth.min(10)));
                }
            }
        }
    }
}

fn bar(name: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{prefix}: [{bar:20}] {pos}/{len} {wide_msg}"),
        None => (ProgressBar::new_spinner(), "{prefix}: {spinner} {wide_msg}"),
    };
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    let bar = bar.with_style(style.progress_chars("=> ")).with_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Prints a line to stdout, as [`print`] does.
macro_rules! outln {
    ($($arg:tt)*) => { $crate::ui::print(&format!("{}\n", format_args!($($arg)*))) };
}
pub(crate) use outln;

/// Why requested output was not written.
pub enum Unwritten {
    /// The reader left, as `| head` does, and knows it.
    Unread,
    Failed(Error),
}

/// The first stream that could not be written, and why.
static UNWRITTEN: OnceLock<(&str, std::io::Error)> = OnceLock::new();

/// Prints a text to stdout. If that fails, the error is kept for [`all_written`], and the
/// command continues.
pub fn print(text: &str) {
    printed(std::io::stdout().write_all(text.as_bytes()));
}

/// Prints requested text to stderr, for commands whose stdout is a program's.
pub fn print_beside(text: &str) {
    note_of("/dev/stderr", std::io::stderr().write_all(text.as_bytes()));
}

/// Records the result of printing to stdout.
pub fn printed(result: std::io::Result<()>) {
    note_of("/dev/stdout", result);
}

fn note_of(stream: &'static str, result: std::io::Result<()>) {
    if let Err(error) = result {
        // The first error is the one to report.
        let _ = UNWRITTEN.set((stream, error));
    }
}

/// Whether everything that was printed has been written. Call this at the end.
pub fn all_written() -> Result<(), Unwritten> {
    printed(std::io::stdout().flush());
    match UNWRITTEN.get() {
        None => Ok(()),
        Some((_, error)) if error.kind() == ErrorKind::BrokenPipe => Err(Unwritten::Unread),
        Some((stream, error)) => {
            // An error cannot be cloned, so make an equal one.
            let again = error
                .raw_os_error()
                .map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error);
            Err(Unwritten::Failed(Error::file("write", *stream)(again)))
        }
    }
}

/// Prints an error: the message, the details, and the hint.
pub fn print_error(error: &Error) {
    if interrupt::signal().is_some() {
        // The interruption explains every other failure.
        return say("error: interrupted; all that was started is ended");
    }
    say_folded("error:", &error.to_string());
    for line in error.details().unwrap_or_default().trim_end().lines() {
        say(&format!("  {}", visible_lines(line)));
    }
    // A limit of the session explains more than the general hint.
    if let Some(hint) = limits::hint(error.as_std()).or_else(|| error.hint()) {
        say_folded("hint:", &hint);
    }
}

/// Prints a text that may be longer than a line of the terminal, which would break it in
/// the middle of a name.
fn say_folded(first: &str, text: &str) {
    match columns() {
        Some(columns) => {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            say(&wrap(first, 2, &lines, columns).join("\n"));
        }
        None => say(&format!("{first} {}", visible_lines(text))),
    }
}

nix::ioctl_read_bad!(tiocgwinsz, nix::libc::TIOCGWINSZ, Winsize);

/// The width of the terminal on stderr. `None` if there is no terminal or it does not
/// know its width.
fn columns() -> Option<usize> {
    let size = size(std::io::stderr())?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

/// The rows and columns for a text that is to be seen at once: those of the terminal on
/// stdout without the lines of the command and of the next prompt, or those of a terminal
/// of 24 rows.
pub fn screen() -> (usize, usize) {
    const OTHERS: usize = 3;
    let size = size(std::io::stdout()).filter(|size| size.ws_row > 0 && size.ws_col > 0);
    let (rows, columns) =
        size.map_or((24usize, WIDTH), |size| (size.ws_row.into(), size.ws_col.into()));
    (rows.saturating_sub(OTHERS), columns.clamp(NARROWEST, WIDTH))
}

/// Clears the terminal on stdout, if it is one that can be cleared.
pub fn clear() {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if std::io::stdout().is_terminal() && !is_dumb {
        print("\x1b[H\x1b[2J");
    }
}

/// Narrower lines are not worth reading.
const NARROWEST: usize = 40;

/// The size of a terminal. `None` if it is no terminal.
fn size(terminal: impl AsRawFd) -> Option<Winsize> {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open for the life of the process, and the call fills in
    // the structure.
    unsafe { tiocgwinsz(terminal.as_raw_fd(), &mut size) }.ok()?;
    Some(size)
}
