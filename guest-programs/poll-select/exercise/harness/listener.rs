//! What the program says.

use std::collections::VecDeque;
use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use student::output::Output;

/// How long the program may take to say what it has read: no tick comes so soon.
const PATIENCE: Duration = Duration::from_millis(60);

pub struct Listener {
    output: Output,
    /// Lines not yet looked at.
    lines: VecDeque<String>,
}

impl Listener {
    /// Listens to a program.
    pub fn of(program: &mut Child) -> io::Result<Listener> {
        Ok(Listener { output: Output::of(program)?, lines: VecDeque::new() })
    }

    /// The next line that is no tick; `nothing` if there is none.
    pub fn relayed(&mut self) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(line) = self.line(deadline)? {
            if line != "tick" {
                return Ok(format!("`{line}`"));
            }
        }
        Ok("nothing".to_owned())
    }

    /// How many ticks come in so many milliseconds.
    pub fn ticks(&mut self, ms: u64) -> io::Result<usize> {
        let deadline = Instant::now() + Duration::from_millis(ms);
        let mut ticks = 0;
        while let Some(line) = self.line(deadline)? {
            ticks += usize::from(line == "tick");
        }
        Ok(ticks)
    }

    /// The next line, if it comes before the deadline.
    fn line(&mut self, deadline: Instant) -> io::Result<Option<String>> {
        if self.lines.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            self.lines.extend(self.output.hear_some(1, left)?);
        }
        Ok(self.lines.pop_front())
    }
}
