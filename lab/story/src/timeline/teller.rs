//! Names for things that differ from run to run.

use trace::{Context, EventName, Frame, names};

use super::Roles;
use super::path::path;

/// Names what a sentence about an event mentions.
pub trait Teller {
    /// Names a task by its number in the first pid namespace.
    fn task(&self, pid: i32) -> String;

    /// Names the task that a number stands for, if a system call or a siginfo gave that
    /// number to a program. `None` means that the number is shown as it is: in a pid
    /// namespace and in a signal from the kernel it stands for no task.
    fn task_of_number(&self, number: i64) -> Option<String>;

    /// The kernel's path to an event, outermost function first. Empty if nothing is worth
    /// telling.
    fn path(&self, event: &EventName, context: Context, stack: &[Frame]) -> String;

    /// Shows a value that may depend on the host, such as an interrupt number.
    fn value(&self, event: &EventName, field: &str, value: String) -> String;

    /// Shows a system call's arguments, with brackets. Empty if they are left out.
    fn arguments(&self, _id: i64, _registers: &[u64]) -> String {
        String::new()
    }
}

/// Names tasks by their roles and leaves everything else as it was.
pub struct ByRole<'a> {
    /// The run's tasks.
    pub roles: &'a Roles,
    /// The time of the event, ns since the first event of the run.
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

/// Leaves everything as it was in the run.
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

/// Like [`AsIs`], but shows the arguments of system calls too.
pub struct WithArguments;

impl Teller for WithArguments {
    fn task(&self, pid: i32) -> String {
        AsIs.task(pid)
    }

    fn task_of_number(&self, number: i64) -> Option<String> {
        AsIs.task_of_number(number)
    }

    fn path(&self, event: &EventName, context: Context, stack: &[Frame]) -> String {
        AsIs.path(event, context, stack)
    }

    fn value(&self, event: &EventName, field: &str, value: String) -> String {
        AsIs.value(event, field, value)
    }

    fn arguments(&self, id: i64, registers: &[u64]) -> String {
        names::arguments(id, registers)
    }
}
