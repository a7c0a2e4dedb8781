//! What a lesson's record must show, as declared in `lesson.toml`.
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
//! An expectation counts events and does not compute anything. A fact that needs more
//! than that does not belong in a lesson.

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

/// One fact that a record must show. See `declared.rs` for its form in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "declared::Declared")]
pub struct Expectation {
    /// The fact, as a sentence for people.
    pub fact: String,
    /// The event that shows it.
    pub event: EventName,
    /// Values that the event's fields must have.
    pub fields: BTreeMap<Field, Wanted>,
    /// The context that the kernel must run in. Any, if `None`.
    pub context: Option<Context>,
    /// The role of the current task. Any task, if `None`.
    pub task: Option<Task>,
    /// The role of the task in the event's field `pid`. Any task, if `None`.
    pub target: Option<Target>,
    /// Functions on the event's stack, innermost first.
    pub stack: Vec<String>,
    /// Only events after the first mark that begins like this count.
    pub after: Option<String>,
    /// Only events before the next mark that begins like this count.
    pub before: Option<String>,
    /// How many such events there must be.
    pub count: RangeInclusive<usize>,
}

/// The role of the current task when an event happens. *Target* is the task in the
/// event's field `pid`, such as the receiver of a signal. *Marker* is the task that wrote
/// the mark of `after`. In an interrupt, the current task is the interrupted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// The target itself.
    Target,
    /// Any task other than the target.
    NotTarget,
    /// A task that the target forked.
    ChildOfTarget,
    /// The marker itself.
    Marker,
    /// Any task other than the marker.
    NotMarker,
    /// A task that the marker forked.
    ChildOfMarker,
    /// The student's program in an exercise.
    Student,
    /// Any task other than the student's program and its descendants.
    NotStudent,
    /// A descendant of the student's program, including its threads.
    ChildOfStudent,
}

/// The role of the task in the event's field `pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The task that wrote the mark of `after`.
    Marker,
    /// A task that the marker forked.
    ChildOfMarker,
    /// The student's program in an exercise.
    Student,
    /// A descendant of the student's program.
    ChildOfStudent,
}
