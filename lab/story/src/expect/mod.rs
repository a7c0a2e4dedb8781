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

mod differences;
mod fulfil;
pub mod student;
mod traced;
mod wanted;
mod witness;

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use trace::{Context, Kind, names};

pub use fulfil::Checked;
pub use wanted::Wanted;
pub use witness::Witness;

/// One fact that a record has to show.
// `remote` gives `Expectation` a derived `deserialize` of its own, which the
// implementation of the trait below calls before it checks what was read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Expectation {
    /// The fact, as a sentence for people: lower-case, no final period.
    pub fact: String,
    /// The kernel's name of the event that shows it, without its system; or
    /// `mark`, `kernel_mark`: see [`Kind::name`].
    pub event: String,
    /// What fields of the event must hold, by the kernel's names. Default: no
    /// matter what.
    #[serde(rename = "where", default)]
    pub fields: BTreeMap<String, Wanted>,
    /// `process`, `softirq`, `hardirq` or `nmi`. Default: any.
    pub context: Option<Context>,
    /// Who the current task is. Default: anyone.
    pub task: Option<Task>,
    /// Who the task in the event's field `pid` is. Default: anyone.
    pub target: Option<Target>,
    /// Functions on the event's stack, innermost first; others may lie between
    /// them. Those of an interrupted task are not looked at. Default: none.
    #[serde(default)]
    pub stack: Vec<String>,
    /// Only events after the first mark of a program that begins like this
    /// count. Default: from the start.
    pub after: Option<String>,
    /// Only events before the first such mark (behind that of `after`) count.
    /// Default: up to the end.
    pub before: Option<String>,
    /// How many events there are. Default: at least one.
    pub count: Option<usize>,
    /// In place of `count`: no fewer than this.
    pub at_least: Option<usize>,
    /// In place of `count`: no more than this.
    pub at_most: Option<usize>,
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

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expectation, D::Error> {
        let expectation = Expectation::deserialize(deserializer)?;
        match expectation.problem() {
            Some(problem) => Err(D::Error::custom(problem)),
            None => Ok(expectation),
        }
    }
}

impl Expectation {
    /// How many events fulfil it: no fewer, no more.
    fn bounds(&self) -> (usize, usize) {
        match (self.count, self.at_least, self.at_most) {
            (Some(count), _, _) => (count, count),
            (None, None, None) => (1, usize::MAX),
            (None, least, most) => (least.unwrap_or(0), most.unwrap_or(usize::MAX)),
        }
    }

    /// Why this expectation makes no sense. Without this check a misspelt name
    /// in an expectation of `count = 0` would hold for ever.
    fn problem(&self) -> Option<String> {
        let event = &self.event;
        let known = Kind::fields(event);
        let lacks = |field: &str| known.is_some_and(|fields| !fields.contains(&field));
        for (field, wanted) in &self.fields {
            if lacks(field) {
                let known = known.unwrap_or_default().join(", ");
                return Some(format!("`{event}` has no field `{field}`; it has {known}"));
            }
            if let Wanted::Text(name) = wanted
                && !names::is_known(event, field, name)
            {
                return Some(format!("`{field}` of `{event}` is never `{name}`"));
            }
        }
        let uses_target = self.target.is_some()
            || matches!(self.task, Some(Task::Target | Task::NotTarget | Task::ChildOfTarget));
        if uses_target && lacks("pid") {
            return Some(format!("`{event}` has no target: it has no field `pid`"));
        }
        let uses_marker = matches!(self.target, Some(Target::Marker | Target::ChildOfMarker))
            || matches!(self.task, Some(Task::Marker | Task::NotMarker | Task::ChildOfMarker));
        if uses_marker && self.after.is_none() {
            return Some("there is no marker without `after`".to_owned());
        }
        if self.count.is_some() && (self.at_least.is_some() || self.at_most.is_some()) {
            return Some("`count` is exact: it goes with no `at_least` or `at_most`".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Expectation, String> {
        let text = format!("fact = \"f\"\n{text}");
        toml::from_str(&text).map_err(|e: toml::de::Error| e.message().to_owned())
    }

    #[test]
    fn everything_is_read() {
        let expectation = parse(
            r#"
            event = "signal_generate"
            where = { sig = "SIGCHLD", code = 1, comm = "sh*" }
            context = "hardirq"
            task = "child-of-target"
            target = "marker"
            stack = ["a", "b"]
            after = "x"
            before = "y"
            count = 0
            "#,
        )
        .unwrap();
        let fields = [
            ("sig".to_owned(), Wanted::Text("SIGCHLD".to_owned())),
            ("code".to_owned(), Wanted::Int(1)),
            ("comm".to_owned(), Wanted::Text("sh*".to_owned())),
        ];
        assert_eq!(
            expectation,
            Expectation {
                fact: "f".to_owned(),
                event: "signal_generate".to_owned(),
                fields: fields.into(),
                context: Some(Context::Hardirq),
                task: Some(Task::ChildOfTarget),
                target: Some(Target::Marker),
                stack: vec!["a".to_owned(), "b".to_owned()],
                after: Some("x".to_owned()),
                before: Some("y".to_owned()),
                count: Some(0),
                at_least: None,
                at_most: None,
            }
        );
    }

    #[test]
    fn what_can_never_hold_is_refused() {
        for (text, message) in [
            ("event = \"mark\"\ncolour = 1", "unknown field `colour`, expected one of"),
            (
                "event = \"signal_deliver\"\nwhere = { signal = 17 }",
                "`signal_deliver` has no field `signal`; it has sig, errno, code, sa_handler, \
                 sa_flags",
            ),
            (
                "event = \"signal_generate\"\nwhere = { sig = \"SIGCHDL\" }",
                "`sig` of `signal_generate` is never `SIGCHDL`",
            ),
            (
                "event = \"signal_generate\"\nwhere = { result = \"pending\" }",
                "`result` of `signal_generate` is never `pending`",
            ),
            (
                "event = \"sys_exit\"\nwhere = { ret = \"EINTR\" }",
                "`ret` of `sys_exit` is never `EINTR`",
            ),
            (
                "event = \"sys_exit\"\ntask = \"target\"",
                "`sys_exit` has no target: it has no field `pid`",
            ),
            ("event = \"sys_exit\"\ntask = \"marker\"", "there is no marker without `after`"),
            (
                "event = \"mark\"\ncount = 1\nat_most = 2",
                "`count` is exact: it goes with no `at_least` or `at_most`",
            ),
            ("event = \"mark\"\nwhere = { text = true }", "invalid type: boolean `true`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn events_that_the_lab_does_not_know_may_have_any_field() {
        parse("event = \"sched_switch\"\nwhere = { prev_pid = 1 }\ntask = \"target\"").unwrap();
    }
}
