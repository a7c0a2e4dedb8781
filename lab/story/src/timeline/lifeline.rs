//! On whose lifeline an event stands in a picture.

use trace::Context;

use super::{Entry, Lane, Roles};

/// The lifeline of the kernel when it runs on no task's behalf: in an interrupt or in a
/// kernel thread.
pub const KERNEL: &str = "kernel";

/// The lifelines of a picture, from left to right, in the order in which they were placed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifelines(Vec<String>);

impl Lifelines {
    /// The place of a lifeline, which is added if it is new.
    pub fn place(&mut self, name: &str) -> usize {
        self.0.iter().position(|other| other == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl Entry {
    /// The task that acts, by its role, or the kernel. Without roles, tasks have numbers.
    pub fn lifeline(&self, roles: Option<&Roles>) -> String {
        let task = roles.map(|roles| roles.name(self.pid, self.time_ns));
        match (self.context, task) {
            (Context::Process, Some(task)) if task != "kernel thread" && task != "idle" => {
                task.to_owned()
            }
            // Task 0 is the idle task.
            (Context::Process, None) if self.pid != 0 => format!("task {}", self.pid),
            _ => KERNEL.to_owned(),
        }
    }
}

/// The device that interrupts, in the text for an event.
pub fn device(cells: &[super::Cell]) -> Option<&str> {
    let cell = cells.iter().find(|cell| cell.lane == Lane::Device)?;
    cell.lines.first()?.split(" ▶").next()
}
