//! What people see while the lab works: a bar for each stage on a terminal,
//! plain lines elsewhere. Which of the two is decided once, at the start.
//!
//! All of it goes to stderr: stdout belongs to what a command was asked for. Names and
//! messages in it may be strangers', so a terminal is shown them and obeys nothing.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use builder::progress::{Event, Progress};
use explain::{visible, visible_lines};
use indicatif::{ProgressBar, ProgressStyle};
use lab::error::Error;

/// Prints progress.
pub struct Ui {
    terminal: bool,
    stage: Mutex<Stage>,
}

#[derive(Default)]
struct Stage {
    name: String,
    total: Option<u64>,
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// Elsewhere: the tenth of the stage that was printed last.
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
                    Some(bar) => bar.suspend(|| eprintln!("{text}")),
                    None => eprintln!("{text}"),
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
        // A line for each tenth keeps a log readable; a stage of unknown length
        // says each step.
        match self.total {
            None => eprintln!("{}: {detail}", self.name),
            Some(total) => {
                let tenth = done * 10 / total.max(1);
                if tenth > self.tenth || done == 0 {
                    self.tenth = tenth;
                    eprintln!("{}: {}0 %", self.name, tenth.min(10));
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

/// The first text that could not be written to stdout, and why.
static UNWRITTEN: OnceLock<std::io::Error> = OnceLock::new();

/// Prints a text to stdout. That nobody reads on, as of `| head`, is no error;
/// any other is remembered for [`all_written`], and the command goes on.
pub fn print(text: &str) {
    printed(std::io::stdout().write_all(text.as_bytes()));
}

/// Takes note of what became of something that was printed to stdout.
pub fn printed(result: std::io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        // The first says why.
        let _ = UNWRITTEN.set(error);
    }
}

/// Whether all that was printed has been written, to be asked at the end.
pub fn all_written() -> Result<(), Error> {
    printed(std::io::stdout().flush());
    match UNWRITTEN.get() {
        None => Ok(()),
        Some(error) => {
            // An error cannot be cloned.
            let again = error
                .raw_os_error()
                .map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error);
            Err(Error::file("write", "/dev/stdout")(again))
        }
    }
}

/// Prints an error: what failed, what belongs under it, what to do.
pub fn print_error(error: &Error) {
    eprintln!("error: {}", visible_lines(&error.to_string()));
    if let Some(details) = error.details() {
        for line in details.trim_end().lines() {
            eprintln!("  {}", visible_lines(line));
        }
    }
    if let Some(hint) = error.hint() {
        eprintln!("hint: {}", visible_lines(&hint));
    }
}
