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
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lab::error::Error;
use process::{interrupt, limits};
use story::render::wrap::wrap;

use crate::screen;

/// Prints progress.
pub struct Ui {
    stages: Mutex<Stages>,
}

/// The stages under way.
struct Stages {
    /// Their bars, on a terminal.
    bars: Option<MultiProgress>,
    all: Vec<Stage>,
}

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
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Ui { stages: Mutex::new(Stages { bars, all: Vec::new() }) }
    }
}

impl Progress for Ui {
    fn event(&self, event: Event<'_>) {
        let mut stages = self.stages.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(text) = stages.take_in(event) else { return };
        match &stages.bars {
            Some(bars) => bars.suspend(|| say(&text)),
            None => say(&text),
        }
    }
}

impl Stages {
    /// Draws an event, or returns what is to be printed.
    fn take_in(&mut self, event: Event<'_>) -> Option<String> {
        match event {
            Event::Begin { stage: name, total } => {
                let bar = self.bars.as_ref().map(|bars| bar(bars, name, total));
                self.all.push(Stage { name: name.to_owned(), total, bar, tenth: 0 });
                None
            }
            Event::Step { stage: name, done, detail } => {
                // Not always the last one: another may have begun, also in another thread.
                let stage = self.all.iter_mut().rfind(|stage| stage.name == name)?;
                stage.step(done, &visible(detail))
            }
            Event::End { stage: name } => {
                let at = self.all.iter().rposition(|stage| stage.name == name)?;
                self.all.remove(at).bar?.finish_and_clear();
                None
            }
            Event::Note(text) => Some(visible_lines(text).to_string()),
        }
    }
}

impl Stage {
    /// Moves the bar, or returns a line to print if there is none.
    fn step(&mut self, done: u64, detail: &str) -> Option<String> {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(detail.to_owned());
            return None;
        }
        // One line per tenth keeps a log readable. A stage of unknown length prints each
        // step.
        let Some(total) = self.total else { return Some(format!("{}: {detail}", self.name)) };
        let tenth = done * 10 / total.max(1);
        let is_new = tenth > self.tenth || done == 0;
        self.tenth = self.tenth.max(tenth);
        is_new.then(|| format!("{}: {}0 %", self.name, tenth.min(10)))
    }
}

fn bar(bars: &MultiProgress, name: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{prefix}: [{bar:20}] {pos}/{len} {wide_msg}"),
        None => (ProgressBar::new_spinner(), "{prefix}: {spinner} {wide_msg}"),
    };
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    let bar = bar.with_style(style.progress_chars("=> ")).with_prefix(name.to_owned());
    let bar = bars.add(bar);
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

    /// A machine is saved while a suite runs, which is a stage in a stage.
    #[test]
    fn a_step_belongs_to_its_stage() {
        let mut stages = Stages { bars: None, all: Vec::new() };
        let step = |stage, done| Event::Step { stage, done, detail: "kill01" };
        let events = [
            Event::Begin { stage: "suite", total: Some(10) },
            Event::Begin { stage: "checkpoint", total: None },
            step("suite", 1),
            Event::End { stage: "checkpoint" },
            step("suite", 2),
            step("checkpoint", 0),
            Event::End { stage: "suite" },
            step("suite", 3),
        ];
        let said = events.map(|event| stages.take_in(event));
        let said: Vec<&str> = said.iter().flatten().map(String::as_str).collect();
        assert_eq!(said, ["suite: 10 %", "suite: 20 %"]);
    }

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
