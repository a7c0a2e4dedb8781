//! The lines of a timeline that a person asks for.

use std::collections::BTreeMap;

use explain::{ExitStatus, Explain};
use trace::Kind;

pub use regex_lite::Regex;

use crate::render::ink::{Ink, Inked};
use crate::render::text::Row;
use crate::timeline::{Entry, Roles, Timeline};

/// What a person asks for. A line is shown if it fits everything.
#[derive(Debug, Clone, Default)]
pub struct Narrow {
    /// The lines of this task: its number, its role or the program that it executes.
    pub task: Option<String>,
    /// The lines whose text has this pattern.
    pub grep: Option<Regex>,
}

/// The rows that were asked for.
pub struct Narrowed {
    pub rows: Vec<Row>,
    /// How many there are without the others being left out.
    of: usize,
}

impl Narrow {
    /// Narrows the rows of a timeline, each with the place of its event.
    pub fn apply(
        &self,
        timeline: &Timeline,
        rows: Vec<(usize, Row)>,
    ) -> Result<Narrowed, UnknownTask> {
        let of = rows.len();
        let tasks = Tasks::new(timeline);
        if let Some(asked) = &self.task
            && !rows.iter().any(|(at, row)| tasks.is_of(*at, row, asked))
            && !tasks.0.iter().any(|task| task.is(asked))
        {
            return Err(UnknownTask { asked: asked.clone(), known: tasks.known() });
        }
        let is_wanted = |(at, row): &(usize, Row)| {
            self.task.as_ref().is_none_or(|asked| tasks.is_of(*at, row, asked))
                && self.grep.as_ref().is_none_or(|pattern| pattern.is_match(&row.sentence()))
        };
        let rows = rows.into_iter().filter(is_wanted).map(|(_, row)| row);
        Ok(Narrowed { rows: rows.collect(), of })
    }
}

impl Narrowed {
    /// Says how much is left out. Empty if nothing is.
    pub fn left_out(&self) -> Inked {
        let mut text = Inked::default();
        match self.of - self.rows.len() {
            0 => {}
            1 => text.push(Ink::Faint, &format!("1 of {} events is left out", self.of)),
            out => text.push(Ink::Faint, &format!("{out} of {} events are left out", self.of)),
        }
        if self.of > self.rows.len() {
            text.push_str("\n");
        }
        text
    }
}

/// The task that acts, for each event of a timeline.
struct Tasks(Vec<Task>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Task {
    pid: i32,
    /// `None` if the timeline does not tell which task created which.
    role: Option<String>,
    /// The name of the program that it executes, if the timeline tells.
    program: Option<String>,
}

impl Tasks {
    fn new(timeline: &Timeline) -> Tasks {
        let roles = (!timeline.births.is_empty()).then(|| Roles::new(&timeline.births));
        let mut programs: BTreeMap<i32, String> = BTreeMap::new();
        let task = |entry: &Entry| {
            match &entry.kind {
                // A new task executes what its creator does.
                Kind::NewTask { pid, .. } | Kind::Fork { child_pid: pid, .. } => {
                    match programs.get(&entry.pid).cloned() {
                        Some(program) => programs.insert(*pid, program),
                        None => programs.remove(pid),
                    };
                }
                Kind::Exec { filename, pid, .. } => {
                    let name = filename.rsplit('/').next().unwrap_or(filename);
                    programs.insert(*pid, name.to_owned());
                }
                _ => {}
            }
            let role = roles.as_ref().map(|roles| roles.name(entry.pid, entry.time_ns).to_owned());
            Task { pid: entry.pid, role, program: programs.get(&entry.pid).cloned() }
        };
        Tasks(timeline.entries.iter().map(task).collect())
    }

    /// Whether a row, which is about the event at this place, is one of the task.
    fn is_of(&self, at: usize, row: &Row, asked: &str) -> bool {
        self.0[at].is(asked) || row.task().is_some_and(|shown| is_name(shown, asked))
    }

    /// The tasks for people, in the order in which they first act.
    fn known(&self) -> String {
        let mut known: Vec<&Task> = Vec::new();
        for task in &self.0 {
            if !known.contains(&task) {
                known.push(task);
            }
        }
        let names: Vec<String> = known.iter().take(SHOWN).map(|task| task.for_people()).collect();
        match known.len().saturating_sub(SHOWN) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

/// The most tasks that are named to a person.
const SHOWN: usize = 24;

impl Task {
    fn is(&self, asked: &str) -> bool {
        let names = [&self.role, &self.program];
        self.pid.to_string() == asked
            || names.into_iter().flatten().any(|name| is_name(name, asked))
    }

    fn for_people(&self) -> String {
        match (&self.role, &self.program) {
            (None, None) => self.pid.to_string(),
            (Some(name), None) | (None, Some(name)) => format!("{name} ({})", self.pid),
            (Some(role), Some(program)) => format!("{role} ({}, {program})", self.pid),
        }
    }
}

/// A role may be written without a space, so that a shell needs no quotes.
fn is_name(name: &str, asked: &str) -> bool {
    name == asked || name.replace(' ', "-") == asked
}

/// A person asked for a task that does not act in the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no task `{asked}` in this run")]
pub struct UnknownTask {
    asked: String,
    known: String,
}

impl Explain for UnknownTask {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self.known.as_str() {
            "" => "it has no events".to_owned(),
            known => format!("its tasks are {known}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use trace::{Event, Symbols, Value};

    use super::*;
    use crate::render::text::rows;

    fn event(current: i32, name: &str, fields: &[(&str, Value)]) -> Event {
        let fields = fields.iter().map(|(field, value)| (field.to_string(), value.clone()));
        let mut event = Event::new(name, fields.collect(), &Symbols::default()).unwrap();
        event.pid = current;
        event
    }

    #[test]
    fn a_task_is_named_after_the_program_that_it_executes() {
        let (text, pid) = (|text: &str| Value::Text(text.to_owned()), Value::Int);
        let exec = |current: i32, file| {
            let (filename, pid) = (text(file), pid(current.into()));
            let fields = [("filename", filename), ("pid", pid.clone()), ("old_pid", pid)];
            event(current, "sched_process_exec", &fields)
        };
        let fork = [
            ("parent_comm", text("sh")),
            ("parent_pid", pid(20)),
            ("child_comm", text("sh")),
            ("child_pid", pid(21)),
        ];
        let fork = event(20, "sched_process_fork", &fork);
        let step = |current| event(current, "other", &[("n", pid(1))]);
        let events = [
            step(20),
            exec(20, "/bin/sh"),
            fork,
            step(21),
            exec(21, "/bin/ls"),
            step(20),
            step(21),
        ];
        let timeline = Timeline::new(&events);
        let shown = |task: &str| {
            let narrow = Narrow { task: Some(task.to_owned()), grep: None };
            let narrowed = narrow.apply(&timeline, rows(&timeline));
            narrowed.map(|narrowed| narrowed.rows.iter().map(Row::sentence).collect::<Vec<_>>())
        };
        let ls = ["[21] executes /bin/ls", "[21] other n=1"];
        assert_eq!(shown("ls"), Ok(ls.map(str::to_owned).into()));
        // It was the shell until then.
        assert_eq!(shown("sh").map(|rows| rows.len()), Ok(4));
        assert_eq!(shown("21").map(|rows| rows.len()), Ok(3));
        let unknown = shown("cat").unwrap_err();
        assert_eq!(unknown.known, "20, sh (20), sh (21), ls (21)");
    }
}
