//! Reports what the lab is doing.
//!
//! The library reports events and prints nothing. The command line decides once, at its
//! start, between bars and plain lines.

/// One thing that a watcher may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stage begins, such as `kernel`. `total` is its number of steps, if known.
    Begin { stage: &'a str, total: Option<u64> },
    /// The stage has done this many steps and is now at `detail`.
    Step { done: u64, detail: &'a str },
    /// The stage that began last is over.
    End,
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

/// Ignores all events.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}
