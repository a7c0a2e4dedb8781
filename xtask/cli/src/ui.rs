//! The progress that people see while the lab works: a bar for each stage on a terminal,
//! plain lines elsewhere. The choice is made once, at the start.
//!
//! All of it goes to stderr, because stdout belongs to a command's result. It may contain
//! strangers' names and messages, which are shown in a form that a terminal does not act
//! on.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use builder::progress::{Event, Progress};
use explain::{visible, visible_lines};
pub use host::say;
use indicatif::{ProgressBar, ProgressStyle};
use lab::error::Error;
use process::{interrupt, limits};
use story::render::wrap::wrap;

use crate::screen;

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
    match screen::columns(&std::io::stderr()) {
        Some(columns) => say(&folded(first, text, columns).join("\n")),
        None => say(&format!("{first} {}", visible_lines(text))),
    }
}

/// The lines of a text, all but the first indented.
fn folded(first: &str, text: &str, columns: usize) -> Vec<String> {
    let mut texts = text.lines();
    let mut lines = wrap(first, 2, &[texts.next().unwrap_or_default().to_owned()], columns);
    for text in texts {
        match is_quoted(text) {
            true => lines.push(format!("  {}", visible(text))),
            // The space that the first word would have before it.
            false => lines.extend(wrap(" ", 2, &[text.to_owned()], columns)),
        }
    }
    lines
}

/// Whether a line quotes a file, or has a caret below such a line: `12 | from = 4`, `   | ^`
/// or `   ^`. Where its words are matters.
fn is_quoted(line: &str) -> bool {
    let is_margin = |c: char| c == ' ' || c.is_ascii_digit();
    line.trim_start_matches(is_margin).starts_with('|') || line.trim() == "^"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stays_below_what_it_points_at() {
        let text = "it makes no sense, at line 2, column 9\n  |\n2 | from =  44\n  |         ^^\n\
                    `from` is too large for what it is meant for";
        assert_eq!(
            folded("error:", text, 30),
            [
                "error: it makes no sense, at",
                "  line 2, column 9",
                "    |",
                "  2 | from =  44",
                "    |         ^^",
                "  `from` is too large for what",
                "  it is meant for",
            ]
        );
        assert_eq!(folded("error:", "refused\npdi == 3\n    ^", 30)[2], "      ^");
        assert_eq!(folded("hint:", "", 30), ["hint:"]);
    }
}
