//! What people see while the lab works: a bar for each stage on a terminal,
//! plain lines elsewhere. Which of the two is decided once, at the start.
//!
//! All of it goes to stderr: stdout belongs to what a command was asked for.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lab::error::Error;
use lab::progress::{Event, Progress};

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
            Event::Step { done, detail } => stage.step(done, detail),
            Event::End => {
                if let Some(bar) = stage.bar.take() {
                    bar.finish_and_clear();
                }
            }
            Event::Note(text) => match &stage.bar {
                Some(bar) => bar.suspend(|| eprintln!("{text}")),
                None => eprintln!("{text}"),
            },
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

/// Prints a line to stdout. That nobody reads on, as of `| head`, is no error
/// of the lab's, which `println!` would make of it.
macro_rules! outln {
    ($($arg:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($arg)*);
    }};
}
pub(crate) use outln;

/// Prints an error: what failed, what belongs under it, what to do.
pub fn print_error(error: &Error) {
    eprintln!("error: {error}");
    if let Some(details) = error.details() {
        for line in details.trim_end().lines() {
            eprintln!("  {line}");
        }
    }
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}
