//! The lines that the program prints: what they say, and when they come.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use student::output::Output;

pub struct Lines {
    output: Output,
    period: Duration,
    /// When the first line came, as it should be numbered.
    first: Option<(Instant, u64)>,
    /// What is wrong with a line, and with its time: the first of each.
    wrong_line: Option<String>,
    wrong_time: Option<String>,
}

impl Lines {
    /// Listens to a program.
    pub fn of(program: &mut Child, period: Duration) -> io::Result<Lines> {
        let output = Output::of(program)?;
        Ok(Lines { output, period, first: None, wrong_line: None, wrong_time: None })
    }

    /// Hears one line, which should be that of period `number`, with so many missed.
    pub fn next(&mut self, number: u64, missed: u64) -> io::Result<()> {
        let heard = self.output.hear_some(1, self.period * 3)?;
        let now = Instant::now();
        let (first, first_number) = *self.first.get_or_insert((now, number));
        let wanted = format!("period {number}, missed {missed}");
        let wrong_line = match &*heard {
            [line] if *line == wanted => None,
            [] => Some("it says nothing".to_owned()),
            [line] => Some(format!("it says: {line}")),
            _ => Some("it says more than one line at once".to_owned()),
        };
        self.wrong_line = self.wrong_line.take().or(wrong_line);
        // Half a period is what a line would be late if it waited a whole period from
        // the end of the work, not from its beginning.
        let periods = now.duration_since(first).as_secs_f64() / self.period.as_secs_f64();
        let late = periods - (number - first_number) as f64;
        if heard.is_empty() || late.abs() > 0.25 {
            let wrong = if late > 0.0 { "its lines come too late" } else { "too early" };
            self.wrong_time = self.wrong_time.take().or(Some(wrong.to_owned()));
        }
        Ok(())
    }

    /// Begins anew: what was wrong so far is forgotten.
    pub fn forget(&mut self) {
        (self.first, self.wrong_line, self.wrong_time) = (None, None, None);
    }

    /// What the lines have said.
    pub fn numbers(&self) -> &str {
        self.wrong_line.as_deref().unwrap_or("its lines say what is so")
    }

    /// When they have come.
    pub fn times(&self) -> &str {
        self.wrong_time.as_deref().unwrap_or("its lines come at the ends of periods")
    }
}
