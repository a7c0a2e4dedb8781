//! Finds the tasks of the student's program in an exercise.
//!
//! The program is the task that executed `/lab/student`, which only the lab's harness
//! starts. Its descendants are the tasks that it forked, that they forked, and so on. All
//! of this is in the trace, so no program has to report it.

use std::fmt;

use protocol::GuestFile;
use trace::Kind;

use crate::timeline::Entry;

/// The relation of a task to the student's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The task is the program.
    Program,
    /// The program forked it, or a descendant of the program did.
    Descendant,
    /// The task has nothing to do with the program.
    Other,
}

impl Role {
    /// The role of a task after the events `past`, which begin with the first of the run.
    pub fn of(pid: i32, past: &[Entry]) -> Role {
        let program = GuestFile::STUDENT.path();
        let mut pid = pid;
        let mut role = Role::Program;
        let mut past = past;
        // Walk from the task to its parent and so on, back in time: another task may have
        // had the same number before.
        loop {
            let birth = past.iter().enumerate().rev().find_map(|(at, entry)| match entry.kind {
                Kind::Fork { parent_pid, child_pid, .. } if child_pid == pid => {
                    Some((at, parent_pid))
                }
                _ => None,
            });
            let life = &past[birth.map_or(0, |(at, _)| at + 1)..];
            let is_program = life.iter().any(|entry| match &entry.kind {
                Kind::Exec { filename, pid: who, .. } => *who == pid && *filename == program,
                _ => false,
            });
            if is_program {
                return role;
            }
            let Some((at, parent)) = birth else { return Role::Other };
            (pid, past, role) = (parent, &past[..at], Role::Descendant);
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Program => "the program",
            Role::Descendant => "a child of the program",
            Role::Other => "none of the program's",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Timeline;
    use trace::{Event, Symbols, Value};

    fn fork(parent: i64, child: i64) -> Event {
        let text = |text: &str| Value::Text(text.to_owned());
        let fields = [
            ("parent_comm", text("p")),
            ("parent_pid", Value::Int(parent)),
            ("child_comm", text("c")),
            ("child_pid", Value::Int(child)),
        ];
        event("sched_process_fork", &fields)
    }

    fn exec(pid: i64, file: &str) -> Event {
        let fields = [
            ("filename", Value::Text(file.to_owned())),
            ("pid", Value::Int(pid)),
            ("old_pid", Value::Int(pid)),
        ];
        event("sched_process_exec", &fields)
    }

    fn event(name: &str, fields: &[(&str, Value)]) -> Event {
        let fields = fields.iter().map(|(name, v)| ((*name).to_owned(), v.clone())).collect();
        Event::new(name, fields, &Symbols::default()).unwrap()
    }

    #[test]
    fn the_program_is_what_executed_it_and_its_descendants_are_what_it_forked() {
        let events = [
            fork(1, 20),
            exec(20, "/lab/harness"),
            fork(20, 21),
            exec(21, "/lab/student"),
            fork(21, 22),
            fork(22, 23),
        ];
        let entries = Timeline::new(&events).entries;
        let role = |pid| Role::of(pid, &entries);
        assert_eq!([1, 20].map(role), [Role::Other; 2]);
        assert_eq!(role(21), Role::Program);
        assert_eq!([22, 23].map(role), [Role::Descendant; 2]);
    }

    #[test]
    fn a_number_that_is_in_use_again_is_another_task() {
        let events = [fork(20, 21), exec(21, "/lab/student"), fork(21, 22), fork(20, 22)];
        let entries = Timeline::new(&events).entries;
        assert_eq!(Role::of(22, &entries), Role::Other);
        assert_eq!(Role::of(22, &entries[..3]), Role::Descendant);
    }

    #[test]
    fn who_merely_executes_something_else_is_not_the_program() {
        let events = [fork(20, 21), exec(21, "/tmp/student")];
        assert_eq!(Role::of(21, &Timeline::new(&events).entries), Role::Other);
    }
}
