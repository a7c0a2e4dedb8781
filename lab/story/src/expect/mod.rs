//! What a lesson's record has to show, as `lesson.toml` says it.
//!
//! ```toml
//! [[expect]]
//! fact = "the dying child sends its parent SIGCHLD, in do_notify_parent"
//! event = "signal_generate"
//! where = { sig = "SIGCHLD", code = "CLD_EXITED" }
//! context = "process"
//! task = "child-of-target"
//! stack = ["__send_signal_locked", "do_notify_parent", "do_exit"]
//! after = "forks"
//! before = "reaps"
//! count = 1
//! ```
//!
//! An expectation counts events; it does not compute. What cannot be said with
//! it does not belong into a lesson's list of facts.

mod declared;
mod differences;
mod fulfil;
pub mod student;
mod traced;
mod wanted;
mod witness;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;

use trace::{Context, EventName, Field};

pub use fulfil::Checked;
pub use wanted::Wanted;
pub use witness::Witness;

/// One fact that a record has to show. `declared.rs` says how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "declared::Declared")]
pub struct Expectation {
    /// The fact, as a sentence for people.
    pub fact: String,
    /// The event that shows it.
    pub event: EventName,
    /// What fields of the event must hold.
    pub fields: BTreeMap<Field, Wanted>,
    /// Where the kernel must be running; anywhere, if `None`.
    pub context: Option<Context>,
    /// Who the current task is; anyone, if `None`.
    pub task: Option<Task>,
    /// Who the task in the event's field `pid` is; anyone, if `None`.
    pub target: Option<Target>,
    /// Functions on the event's stack, innermost first.
    pub stack: Vec<String>,
    /// The beginning of the mark after which events count.
    pub after: Option<String>,
    /// The beginning of the mark before which they count.
    pub before: Option<String>,
    /// How many such events there are.
    pub count: RangeInclusive<usize>,
}

/// Who the current task is, when an event happens. *Target* is the task in the
/// event's field `pid`, which a signal is sent to; *marker* is the task that
/// wrote the mark of `after`. In an interrupt the current task is whoever was
/// interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// The target itself.
    Target,
    /// Any other than the target.
    NotTarget,
    /// A task that the target forked.
    ChildOfTarget,
    /// The marker itself.
    Marker,
    /// Any other than the marker.
    NotMarker,
    /// A task that the marker forked.
    ChildOfMarker,
    /// The student's program, in an exercise: see [`crate::expect::student`].
    Student,
    /// Any other than the student's program and its descendants.
    NotStudent,
    /// A descendant of the student's program, threads included.
    ChildOfStudent,
}

/// Who the task in the event's field `pid` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The one that wrote the mark of `after`.
    Marker,
    /// One that the marker forked.
    ChildOfMarker,
    /// The student's program, in an exercise.
    Student,
    /// A descendant of the student's program.
    ChildOfStudent,
}
