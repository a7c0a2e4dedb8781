//! How things are called that are not the same in every run.

use trace::{Context, EventName, Frame};

use super::Roles;
use super::path::path;

/// Calls by name what a sentence about an event mentions.
pub trait Teller {
    /// A task, by its number in the first pid namespace.
    fn task(&self, pid: i32) -> String;

    /// The task that a number means which a program was given, by a system call
    /// or in a siginfo; `None` if it is told as the number it is. In a pid
    /// namespace, and for a signal of the kernel's, it is nobody's.
    fn task_of_number(&self, number: i64) -> Option<String>;

    /// How the kernel came to where an event happened, outermost function
    /// first; empty if there is nothing worth telling.
    fn path(&self, event: &EventName, context: Context, stack: &[Frame]) -> String;

    /// A value that may be the host's own, such as the number of an interrupt.
    fn value(&self, event: &EventName, field: &str, value: String) -> String;
}

/// Tasks by their roles, and everything else as it was.
pub struct ByRole<'a> {
    /// The run's tasks.
    pub roles: &'a Roles,
    /// When what is told happened, since the first event of the run, ns.
    pub time_ns: u64,
}

impl Teller for ByRole<'_> {
    fn task(&self, pid: i32) -> String {
        self.roles.name(pid, self.time_ns).to_owned()
    }

    fn task_of_number(&self, number: i64) -> Option<String> {
        let pid = i32::try_from(number).ok()?;
        self.roles.in_tree(pid, self.time_ns).map(str::to_owned)
    }

    fn path(&self, event: &EventName, context: Context, stack: &[Frame]) -> String {
        AsIs.path(event, context, stack)
    }

    fn value(&self, _event: &EventName, _field: &str, value: String) -> String {
        value
    }
}

/// Everything as it was in the run.
pub struct AsIs;

impl Teller for AsIs {
    fn task(&self, pid: i32) -> String {
        pid.to_string()
    }

    fn task_of_number(&self, _number: i64) -> Option<String> {
        None
    }

    fn path(&self, _event: &EventName, context: Context, stack: &[Frame]) -> String {
        path(context, stack)
    }

    fn value(&self, _event: &EventName, _field: &str, value: String) -> String {
        value
    }
}
