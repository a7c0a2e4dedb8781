//! A run as one stream of events, told in words.
//!
//! A timeline is data: the lane and text of each event, together with everything that the
//! event contained. [`crate::render`] decides how it looks.

mod describe;
mod lifeline;
mod path;
mod roles;
mod teller;

use protocol::GuestFile;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use trace::record::LoadedModule;
use trace::{Context, Event, EventName, Fields, Frame, Kind};

pub use lifeline::{KERNEL, Lifelines, device};
pub use path::own;
pub use roles::{Birth, Roles};
pub use teller::{AsIs, ByRole, Teller, WithArguments};

/// All events of a run, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// One entry per event.
    pub entries: Vec<Entry>,
    /// The tasks that were created, in order.
    #[serde(skip)]
    pub births: Vec<Birth>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Time since the first event of the run, ns.
    pub time_ns: u64,
    /// The current task, see [`Event::pid`].
    pub pid: i32,
    /// On whose behalf the kernel ran.
    pub context: Context,
    /// What happened.
    pub kind: Kind,
    /// The event's fields.
    pub fields: Fields,
    /// The text for the event, at most one cell per lane.
    pub cells: Vec<Cell>,
    /// The whole kernel stack, innermost first. Empty if it was not recorded.
    pub stack: Vec<Frame>,
}

/// The text for an event in one lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The lane.
    pub lane: Lane,
    /// The lines of one sentence, whose subject is [`Entry::subject`]. They may contain
    /// anything that a program wrote into a mark, including newlines.
    pub lines: Vec<String>,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// A device, seen through its interrupts.
    Device,
    /// The kernel and its modules.
    Kernel,
    /// A program, seen through its marks.
    User,
}

impl Timeline {
    /// Makes the timeline of a run from its events, which must be in order.
    pub fn new(events: &[Event]) -> Timeline {
        let start = events.first().map_or(0, |event| event.time_ns);
        let entries: Vec<Entry> = events.iter().map(|event| Entry::new(event, start)).collect();
        let births = entries.iter().filter_map(Birth::of).collect();
        Timeline { entries, births }
    }

    /// The tasks in an exercise's run: PID 1 starts the `harness`, which may start the
    /// student's `program`.
    pub fn roles_in_an_exercise(&self) -> Roles {
        let roles = Roles::with_root("harness", &self.births);
        let file = GuestFile::STUDENT.path();
        let student = self.entries.iter().find_map(|entry| match &entry.kind {
            Kind::Exec { filename, pid, .. } if *filename == file => Some((*pid, entry.time_ns)),
            _ => None,
        });
        match student {
            Some((pid, time_ns)) => roles.seen_from(pid, time_ns),
            None => roles,
        }
    }

    /// Where modules were loaded, in order.
    pub fn loaded_modules(&self) -> Vec<LoadedModule> {
        let loaded = |entry: &Entry| match &entry.kind {
            Kind::LoadModule { name, text } => {
                Some(LoadedModule { name: name.clone(), text_address: *text })
            }
            _ => None,
        };
        self.entries.iter().filter_map(loaded).collect()
    }

    /// The timeline, told with the names that `teller` gives.
    pub fn retold(mut self, teller: &dyn Teller) -> Timeline {
        for entry in &mut self.entries {
            entry.cells = entry.told(teller);
        }
        self
    }

    /// The timeline without the events of this name.
    pub fn without(mut self, event: &EventName) -> Timeline {
        self.entries.retain(|entry| entry.event() != *event);
        self
    }

    /// The timeline as JSON:
    ///
    /// ```json
    /// {"entries": [{
    ///   "time_ns": 18400,
    ///   "pid": 33,
    ///   "context": "process",
    ///   "event": "signal_generate",
    ///   "fields": {"sig": 17, "code": 1},
    ///   "cells": [{"lane": "kernel", "lines": ["do_exit:", "SIGCHLD to 31, CLD_EXITED"]}],
    ///   "stack": [{"function": "do_exit", "offset": 1568, "module": null}]
    /// }]}
    /// ```
    ///
    /// `context` is `process`, `softirq`, `hardirq` or `nmi`. `lane` is `device`,
    /// `kernel` or `user`. `function` is null if the address belongs to no function.
    /// Stacks are innermost first.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!(self)
    }
}

impl Entry {
    /// An event as it was, in a run that began at `start` (ns).
    fn new(event: &Event, start: u64) -> Entry {
        let mut entry = Entry {
            time_ns: event.time_ns.saturating_sub(start),
            pid: event.pid,
            context: event.context,
            kind: event.kind.clone(),
            fields: event.fields.clone(),
            cells: Vec::new(),
            stack: event.stack.clone(),
        };
        entry.cells = entry.told(&AsIs);
        entry
    }

    /// The text for the event, with the names that `teller` gives.
    pub fn told(&self, teller: &dyn Teller) -> Vec<Cell> {
        describe::cells(self, teller)
    }

    /// The name of the event.
    pub fn event(&self) -> EventName {
        self.kind.name()
    }

    /// The program's words, if it is a mark.
    pub fn mark(&self) -> Option<String> {
        match &self.kind {
            Kind::Mark(mark) => Some(mark.text(|pid| pid.to_string())),
            _ => None,
        }
    }

    /// Whether it is a mark that begins like this.
    pub fn says(&self, beginning: &str) -> bool {
        self.mark().is_some_and(|mark| mark.starts_with(beginning))
    }

    /// Who acts: `[31]` is task 31. `[31] hardirq:` is an interrupt that came while task
    /// 31 was running, and it may have nothing to do with that task.
    pub fn subject(&self) -> String {
        self.subject_told(&AsIs)
    }

    /// Like `subject`, with the names that `teller` gives.
    pub fn subject_told(&self, teller: &dyn Teller) -> String {
        let task = teller.task(self.pid);
        match self.context {
            Context::Process => format!("[{task}]"),
            context => format!("[{task}] {}:", context.name()),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stack: Vec<_> = self.stack.iter().map(frame).collect();
        let mut entry = serializer.serialize_struct("Entry", 7)?;
        entry.serialize_field("time_ns", &self.time_ns)?;
        entry.serialize_field("pid", &self.pid)?;
        entry.serialize_field("context", &self.context)?;
        entry.serialize_field("event", self.event().as_str())?;
        entry.serialize_field("fields", &self.fields)?;
        entry.serialize_field("cells", &self.cells)?;
        entry.serialize_field("stack", &stack)?;
        entry.end()
    }
}

fn frame(frame: &Frame) -> serde_json::Value {
    let symbol = frame.symbol.as_ref();
    serde_json::json!({
        "function": symbol.map(|s| &s.name),
        "offset": symbol.map(|s| s.offset),
        "module": symbol.and_then(|s| s.module.as_ref()),
    })
}
