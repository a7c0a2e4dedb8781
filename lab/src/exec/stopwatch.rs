//! A stopwatch that is started and stopped many times.

use std::time::{Duration, Instant};

/// The time that was spent in something, which may be going on.
#[derive(Default)]
pub struct Stopwatch {
    before: Duration,
    since: Option<Instant>,
}

impl Stopwatch {
    pub fn begin(&mut self) {
        self.since = Some(Instant::now());
    }

    pub fn end(&mut self) {
        self.before = self.total();
        self.since = None;
    }

    pub fn total(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}
