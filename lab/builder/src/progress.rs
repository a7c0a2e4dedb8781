//! Reports what the lab is doing.
//!
//! The library reports events and prints nothing. The command line decides once, at its
//! start, between bars and plain lines.

/// One thing that a watcher may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stage begins, such as `kernel`. `total` is its number of steps, if known.
    Begin { stage: &'a str, total: Option<u64> },
    /// A stage has done this many steps and is now at `detail`.
    Step { stage: &'a str, done: u64, detail: &'a str },
    /// A stage is over.
    End { stage: &'a str },
    /// Something worth a line, in any stage.
    Note(&'a str),
}

/// Receives [`Event`]s.
pub trait Progress: Sync {
    fn event(&self, event: Event<'_>);

    /// Sends an [`Event::Note`].
    fn note(&self, text: &str) {
        self.event(Event::Note(text));
    }
}

impl dyn Progress + '_ {
    /// Begins a stage of unknown length, which is at `detail`.
    pub fn begin_at<'a>(&'a self, name: &'a str, detail: &str) -> Stage<'a> {
        let stage = self.begin(name, None);
        stage.at(detail);
        stage
    }

    /// Begins a stage, with its number of steps if that is known. Another stage may begin
    /// before it is over, here or in another thread.
    pub fn begin<'a>(&'a self, name: &'a str, total: Option<u64>) -> Stage<'a> {
        self.event(Event::Begin { stage: name, total });
        Stage { progress: self, name }
    }
}

/// A stage of the work. It is over when this is dropped.
#[must_use = "the stage is over at once"]
pub struct Stage<'a> {
    progress: &'a dyn Progress,
    name: &'a str,
}

impl Stage<'_> {
    /// `done` steps are done, and the next is `detail`.
    pub fn step(&self, done: u64, detail: &str) {
        self.progress.event(Event::Step { stage: self.name, done, detail });
    }

    /// The stage, whose length is unknown, is now at `detail`.
    pub fn at(&self, detail: &str) {
        self.step(0, detail);
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        self.progress.event(Event::End { stage: self.name });
    }
}

/// Ignores all events.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}
