//! What the lab is doing, told to whoever watches.
//!
//! The library says what happens and prints nothing; the command line decides
//! between bars and plain lines, once, at its start.

/// One thing that a watcher may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stage begins, such as `kernel`. `total` is the number of steps, where
    /// it is known.
    Begin { stage: &'a str, total: Option<u64> },
    /// The stage has done so many steps and is at this one.
    Step { done: u64, detail: &'a str },
    /// The stage is over; always the last one begun.
    End,
    /// Something worth a line whatever the stage.
    Note(&'a str),
}

/// Receives [`Event`]s.
pub trait Progress: Sync {
    fn event(&self, event: Event<'_>);

    /// [`Event::Note`], as a call.
    fn note(&self, text: &str) {
        self.event(Event::Note(text));
    }
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}
