//! How an event differs from what is expected.

use trace::{Field, Kind};

use super::student::Role;
use super::{Expectation, Target, Task, Witness};
use crate::timeline::{Entry, Timeline, own};

/// An event of a run with what an expectation needs to compare it.
pub(super) struct Candidate<'a> {
    pub timeline: &'a Timeline,
    /// The event's index in the timeline.
    pub index: usize,
    /// The task that wrote the mark of `after`.
    pub marker: Option<i32>,
    /// How details speak of the event.
    pub witness: Witness<'a>,
}

impl<'a> Candidate<'a> {
    /// The event itself.
    pub fn entry(&self) -> &'a Entry {
        &self.timeline.entries[self.index]
    }

    /// All differences from the expectation, in words. Empty if the event is one of those
    /// expected. Does not compare the event's name.
    pub fn differences(&self, expected: &Expectation) -> Vec<String> {
        let entry = self.entry();
        let mut differences = Vec::new();
        for (field, wanted) in &expected.fields {
            if !wanted.is_in(field, &entry.fields) {
                let (found, field) = (shown(entry, field), field.name());
                // A text may be a sentence with a "not" in it.
                differences.push(if found.contains(' ') {
                    format!("{field} is `{found}`, not `{wanted}`")
                } else {
                    format!("{field} is {found}, not {wanted}")
                });
            }
        }
        if let Some(context) = expected.context
            && context != entry.context
        {
            let (found, wanted) = (entry.context.name(), context.name());
            differences.push(format!("the context is {found}, not {wanted}"));
        }
        differences.extend(expected.task.and_then(|task| self.task_difference(task)));
        differences.extend(expected.target.and_then(|target| self.target_difference(target)));
        differences.extend(stack_difference(entry, &expected.stack));
        differences
    }

    fn task_difference(&self, expected: Task) -> Option<String> {
        let current = self.entry().pid;
        let role = match expected {
            Task::Student => Some(Role::Program),
            Task::NotStudent => Some(Role::Other),
            Task::ChildOfStudent => Some(Role::Descendant),
            _ => None,
        };
        if let Some(wanted) = role {
            let found = Role::of(current, &self.timeline.entries[..self.index]);
            return role_difference("current task", &self.name(current), found, wanted);
        }
        let (party, name) = match expected {
            Task::Target | Task::NotTarget | Task::ChildOfTarget => (self.target(), "target"),
            _ => (self.marker, "marker"),
        };
        let Some(party) = party else { return Some(format!("there is no {name}")) };
        let (holds, wanted) = match expected {
            Task::Target | Task::Marker => (current == party, "not"),
            Task::NotTarget | Task::NotMarker => (current != party, "not a task other than"),
            _ => (self.is_child(current, party), "not a child of"),
        };
        let (current, party) = (self.name(current), self.party(name, party));
        (!holds).then(|| format!("the current task is {current}, {wanted} {party}"))
    }

    fn target_difference(&self, expected: Target) -> Option<String> {
        let Some(target) = self.target() else { return Some("there is no target".to_owned()) };
        let role = match expected {
            Target::Student => Some(Role::Program),
            Target::ChildOfStudent => Some(Role::Descendant),
            _ => None,
        };
        if let Some(wanted) = role {
            let found = Role::of(target, &self.timeline.entries[..self.index]);
            return role_difference("target", &self.name(target), found, wanted);
        }
        let Some(marker) = self.marker else { return Some("there is no marker".to_owned()) };
        let (holds, wanted) = match expected {
            Target::Marker => (target == marker, "not"),
            _ => (self.is_child(target, marker), "not a child of"),
        };
        let (target, marker) = (self.name(target), self.party("marker", marker));
        (!holds).then(|| format!("the target is {target}, {wanted} {marker}"))
    }

    /// The name of a task.
    fn name(&self, pid: i32) -> String {
        self.witness.task(self.entry(), pid)
    }

    /// A task that the expectation has a name for. Roles explain themselves.
    fn party(&self, name: &str, pid: i32) -> String {
        match self.witness {
            Witness::OfTheRun => format!("the {name}, {}", self.name(pid)),
            Witness::ByRole(_) => self.name(pid),
        }
    }

    /// The task in the field `pid`.
    fn target(&self) -> Option<i32> {
        i32::try_from(self.entry().fields.get("pid")?.as_int()?).ok()
    }

    /// Whether the last fork of `child` before the event was by `parent`.
    fn is_child(&self, child: i32, parent: i32) -> bool {
        let forker = |entry: &Entry| match entry.kind {
            Kind::Fork { parent_pid, child_pid, .. } if child_pid == child => Some(parent_pid),
            _ => None,
        };
        self.timeline.entries[..self.index].iter().rev().find_map(forker) == Some(parent)
    }
}

/// A field's value: the name of its number, or the value itself.
fn shown(entry: &Entry, field: &Field) -> String {
    match (field.number_name(&entry.fields), field.value(&entry.fields)) {
        (Some(name), _) => name,
        (None, Some(value)) => value.to_string(),
        (None, None) => "absent".to_owned(),
    }
}

fn role_difference(who: &str, task: &str, found: Role, wanted: Role) -> Option<String> {
    (found != wanted).then(|| format!("the {who}, {task}, is {found}, not {wanted}"))
}

/// Describes the first function that is missing from the stack, outside the ones before
/// it.
fn stack_difference(entry: &Entry, expected: &[String]) -> Option<String> {
    if !expected.is_empty() && entry.stack.is_empty() {
        return Some("it has no stack".to_owned());
    }
    let mut frames = own(entry.context, &entry.stack).iter();
    let missing = expected.iter().position(|name| !frames.any(|frame| frame.name() == *name))?;
    Some(match missing.checked_sub(1) {
        Some(inner) => {
            format!("its stack has no {} outside {}", expected[missing], expected[inner])
        }
        None => format!("its stack has no {}", expected[missing]),
    })
}
