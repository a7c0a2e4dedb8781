//! An expectation in the form that a file declares it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use trace::field::NoField;
use trace::{Context, EventName, Field};

use super::{Expectation, Target, Task, Wanted};

/// An `[[expect]]`. This structure documents the format: unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The fact, as a sentence for people: lower-case, no final period.
    fact: String,
    /// The event that shows the fact: the kernel's name without its system, `mark` for a
    /// program's mark, or `kernel_mark` for what the kernel prints into the trace.
    event: EventName,
    /// Values that the event's fields must have, keyed by the kernel's field names.
    /// Default: none.
    #[serde(rename = "where", default)]
    fields: BTreeMap<String, Wanted>,
    /// `process`, `softirq`, `hardirq` or `nmi`. Default: any.
    context: Option<Context>,
    /// The role of the current task. Default: any task.
    task: Option<Task>,
    /// The role of the task in the event's field `pid`. Default: any task.
    target: Option<Target>,
    /// Functions on the event's stack, innermost first. Others may lie between them.
    /// Functions of an interrupted task do not count. Default: none.
    #[serde(default)]
    stack: Vec<String>,
    /// Only events after the first program mark that begins like this count. Default:
    /// from the start.
    after: Option<String>,
    /// Only events before the next program mark that begins like this count, after the
    /// mark of `after` if there is one. Default: to the end.
    before: Option<String>,
    /// The exact number of events. Default: at least one.
    count: Option<usize>,
    /// Instead of `count`: the minimum.
    at_least: Option<usize>,
    /// Instead of `count`: the maximum.
    at_most: Option<usize>,
}

/// Why an expectation makes no sense: the key and what is wrong with it. Without this
/// check, a misspelt name in an expectation of `count = 0` would hold for ever.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("`where`: {0}")]
    Field(#[from] NoField),
    #[error("`where`: `{field}` of `{event}` is never `{name}`")]
    Never { event: EventName, field: String, name: String },
    #[error("`{key}`: `{event}` has no target: it has no field `pid`")]
    NoTarget { key: &'static str, event: EventName },
    #[error("`{key}`: there is no marker without `after`")]
    NoMarker { key: &'static str },
    #[error("`count` is exact: it excludes `at_least` and `at_most`")]
    Count,
}

impl TryFrom<Declared> for Expectation {
    type Error = Problem;

    fn try_from(declared: Declared) -> Result<Expectation, Problem> {
        declared.check_parties()?;
        Ok(Expectation {
            fields: declared.fields()?,
            count: declared.count()?,
            fact: declared.fact,
            event: declared.event,
            context: declared.context,
            task: declared.task,
            target: declared.target,
            stack: declared.stack,
            after: declared.after,
            before: declared.before,
        })
    }
}

impl Declared {
    fn fields(&self) -> Result<BTreeMap<Field, Wanted>, Problem> {
        let condition = |(name, wanted): (&String, &Wanted)| {
            let field = Field::new(&self.event, name)?;
            match wanted {
                Wanted::Text(text) if !field.may_be(text) => Err(Problem::Never {
                    event: self.event.clone(),
                    field: name.clone(),
                    name: text.clone(),
                }),
                _ => Ok((field, wanted.clone())),
            }
        };
        self.fields.iter().map(condition).collect()
    }

    fn count(&self) -> Result<RangeInclusive<usize>, Problem> {
        match (self.count, self.at_least, self.at_most) {
            (Some(count), None, None) => Ok(count..=count),
            (Some(_), _, _) => Err(Problem::Count),
            (None, None, None) => Ok(1..=usize::MAX),
            (None, least, most) => Ok(least.unwrap_or(0)..=most.unwrap_or(usize::MAX)),
        }
    }

    /// Checks that the event has a target and that `after` gives a marker, if either is
    /// named.
    fn check_parties(&self) -> Result<(), Problem> {
        let by_target =
            matches!(self.task, Some(Task::Target | Task::NotTarget | Task::ChildOfTarget));
        let by_marker =
            matches!(self.task, Some(Task::Marker | Task::NotMarker | Task::ChildOfMarker));
        let to_marker = matches!(self.target, Some(Target::Marker | Target::ChildOfMarker));
        for (key, wants_target, wants_marker) in
            [("task", by_target, by_marker), ("target", self.target.is_some(), to_marker)]
        {
            if wants_target && Field::new(&self.event, "pid").is_err() {
                return Err(Problem::NoTarget { key, event: self.event.clone() });
            }
            if wants_marker && self.after.is_none() {
                return Err(Problem::NoMarker { key });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use trace::Context;

    use super::*;
    use crate::expect::{Target, Task};

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
        let event = EventName::SignalGenerate;
        let fields = [
            ("sig", Wanted::Text("SIGCHLD".to_owned())),
            ("code", Wanted::Int(1)),
            ("comm", Wanted::Text("sh*".to_owned())),
        ];
        let fields = fields.map(|(name, wanted)| (Field::new(&event, name).unwrap(), wanted));
        assert_eq!(
            expectation,
            Expectation {
                fact: "f".to_owned(),
                event,
                fields: fields.into(),
                context: Some(Context::Hardirq),
                task: Some(Task::ChildOfTarget),
                target: Some(Target::Marker),
                stack: vec!["a".to_owned(), "b".to_owned()],
                after: Some("x".to_owned()),
                before: Some("y".to_owned()),
                count: 0..=0,
            }
        );
    }

    #[test]
    fn what_can_never_hold_is_refused() {
        for (text, message) in [
            ("event = \"mark\"\ncolour = 1", "unknown field `colour`, expected one of"),
            (
                "event = \"signal_deliver\"\nwhere = { signal = 17 }",
                "`where`: `signal_deliver` has no field `signal`; it has sig, errno, code, sa_handler, \
                 sa_flags",
            ),
            (
                "event = \"signal_generate\"\nwhere = { sig = \"SIGCHDL\" }",
                "`where`: `sig` of `signal_generate` is never `SIGCHDL`",
            ),
            (
                "event = \"signal_generate\"\nwhere = { result = \"pending\" }",
                "`where`: `result` of `signal_generate` is never `pending`",
            ),
            (
                "event = \"sys_exit\"\nwhere = { ret = \"EINTR\" }",
                "`where`: `ret` of `sys_exit` is never `EINTR`",
            ),
            (
                "event = \"sys_exit\"\ntask = \"target\"",
                "`task`: `sys_exit` has no target: it has no field `pid`",
            ),
            (
                "event = \"sys_exit\"\ntask = \"marker\"",
                "`task`: there is no marker without `after`",
            ),
            (
                "event = \"mark\"\ncount = 1\nat_most = 2",
                "`count` is exact: it excludes `at_least` and `at_most`",
            ),
            ("event = \"mark\"\nwhere = { text = true }", "invalid type: boolean `true`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn events_that_the_lab_does_not_know_may_have_any_field() {
        parse("event = \"sched_stat_wait\"\nwhere = { delay = 1 }\ntask = \"target\"").unwrap();
    }
}
