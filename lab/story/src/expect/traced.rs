//! Checks whether a trace can show what is expected.

use protocol::TraceEvent;
use trace::EventName;

use super::{Expectation, Target, Task};

impl Expectation {
    /// Why the events that a lesson traces cannot show this fact, or `None` if they can.
    /// Without this check, an expectation of `count = 0` would hold merely because the
    /// event is not traced.
    pub fn untraced(&self, trace: &[TraceEvent]) -> Option<String> {
        let traced = |event: &EventName| trace.iter().find(|t| t.name() == event.as_str());
        match traced(&self.event) {
            _ if self.event.is_always_traced() => {}
            None => return Some(format!("`{}` is not traced", self.event)),
            Some(event) if !self.stack.is_empty() && !event.stack => {
                return Some(format!("`{}` is traced without stacks", self.event));
            }
            Some(_) => {}
        }
        let of_children = matches!(self.task, Some(Task::ChildOfTarget | Task::ChildOfMarker))
            || self.target == Some(Target::ChildOfMarker);
        (of_children && traced(&EventName::Fork).is_none())
            .then(|| format!("children are not known: `{}` is not traced", EventName::Fork))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untraced(expectation: &str) -> Option<String> {
        let trace = |event: &str, stack| TraceEvent {
            event: event.to_owned(),
            filter: String::new(),
            stack,
        };
        let traced = [trace("signal/signal_generate", true), trace("signal/signal_deliver", false)];
        let expectation: Expectation =
            toml::from_str(&format!("fact = \"f\"\n{expectation}")).unwrap();
        expectation.untraced(&traced)
    }

    #[test]
    fn what_is_traced_can_be_shown() {
        assert_eq!(untraced("event = \"mark\""), None);
        assert_eq!(untraced("event = \"signal_deliver\""), None);
        assert_eq!(untraced("event = \"signal_generate\"\nstack = [\"do_exit\"]"), None);
    }

    #[test]
    fn what_is_not_traced_cannot() {
        assert_eq!(
            untraced("event = \"sys_enter\"\ncount = 0").unwrap(),
            "`sys_enter` is not traced"
        );
        assert_eq!(
            untraced("event = \"signal_deliver\"\nstack = [\"do_exit\"]").unwrap(),
            "`signal_deliver` is traced without stacks"
        );
        assert_eq!(
            untraced("event = \"signal_generate\"\ntask = \"child-of-target\"").unwrap(),
            "children are not known: `sched_process_fork` is not traced"
        );
    }
}
