//! What the kernel refuses of what a person asks for, and what they may have meant.

use explain::{ExitStatus, Explain};
use protocol::TraceEvent;

use super::help::{HELP, list};
use super::sets::SETS;

/// The kernel refused an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the kernel has no trace event `{event}`")]
    Unknown {
        event: String,
        /// Events and sets with a similar name, the most similar first.
        near: Vec<String>,
    },
    #[error("the kernel refuses the filter of `{event}`")]
    Filter {
        event: String,
        /// The kernel's own words.
        explanation: String,
    },
}

impl EventError {
    /// Finds in PID 1's reason for not starting the program whether one of these events
    /// is to blame. `known` are the events that the kernel has.
    pub fn of(reason: &str, events: &[TraceEvent], known: &str) -> Option<EventError> {
        events.iter().find_map(|wanted| {
            let event = wanted.event.clone();
            if reason == wanted.is_unknown() {
                return Some(EventError::Unknown { near: near(&event, &list(known)), event });
            }
            let explanation = reason.strip_prefix(&wanted.has_bad_filter())?.to_owned();
            Some(EventError::Filter { event, explanation })
        })
    }
}

impl Explain for EventError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        let EventError::Unknown { near, .. } = self else { return None };
        let near: Vec<String> = near.iter().map(|event| format!("`{event}`")).collect();
        Some(match near.is_empty() {
            true => format!("`exec --events {HELP}` lists all events"),
            false => format!("did you mean {}?", near.join(" or ")),
        })
    }

    fn details(&self) -> Option<&str> {
        match self {
            EventError::Unknown { .. } => None,
            EventError::Filter { explanation, .. } => Some(explanation.trim_start_matches('\n')),
        }
    }
}

/// `--events` without `help` and without a program.
#[derive(Debug, thiserror::Error)]
#[error("there is no program whose events could be recorded")]
pub struct NoProgram;

impl Explain for NoProgram {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("its name follows `--`: exec --events signals -- PROGRAM [ARGS]…".to_owned())
    }
}

/// At most three events or sets whose names are similar to `asked`, the most similar
/// first.
fn near(asked: &str, known: &[String]) -> Vec<String> {
    let short = |event: &str| event.rsplit('/').next().unwrap_or(event).to_owned();
    let asked = short(asked);
    let sets = SETS.iter().map(|set| set.name);
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(String::as_str)
        .chain(sets)
        .map(|name| (strsim::levenshtein(&asked, &short(name)), name))
        // A name that differs in more than a third of its letters is not similar.
        .filter(|(distance, _)| distance * 3 <= asked.len())
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_event_is_answered_with_the_nearest() {
        let known =
            list("sched:sched_waking\nsched:sched_wakeup\nsched:sched_wakeup_new\nirq:irq_x\n");
        assert_eq!(near("sched_wakin", &known), ["sched/sched_waking", "sched/sched_wakeup"]);
        assert_eq!(near("shed/sched_wakeup", &known)[0], "sched/sched_wakeup");
        assert_eq!(near("signal", &known), ["signals"]);
        assert!(near("nothing", &known).is_empty());
    }
}
