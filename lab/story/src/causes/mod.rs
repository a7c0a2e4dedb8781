//! What caused what in a run: arrows from one event to another.
//!
//! An arrow is drawn only for what the trace shows: by typed fields, by the nesting of
//! entry and exit, by stacks, and by the order of the kernel's queues. That two events are
//! close in time shows nothing. Where two causes fit, there is no arrow. So an arrow that
//! is missing says nothing, and one that is there is true.
//!
//! The rules, a file each:
//!
//! - [`calls`]: a system call and what its task does until it returns; an exit and what
//!   the dying task does afterwards.
//! - [`interrupts`]: an interrupt handler and what happens in it.
//! - [`tasks`]: a fork and the child's first event; an exit and the wait that reaps it.
//! - [`signals`]: a signal that was sent, and its delivery.
//! - [`handlers`]: a delivery and what its handler does first.
//! - [`wakeups`]: a wake-up and what the woken task does next.

mod calls;
mod handlers;
mod interrupts;
mod signals;
mod tasks;
#[cfg(test)]
mod tests;
mod wakeups;

use serde::Serialize;
use trace::Context;

use crate::timeline::{Entry, Timeline};

/// One event caused another. Both are places in [`Timeline::entries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    pub from: usize,
    pub to: usize,
    pub why: Why,
}

/// How one event causes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A system call → what its task does in the kernel until it returns.
    Call,
    /// A system call → its return.
    Return,
    /// An exit → what the dying task does in the kernel afterwards.
    Exit,
    /// An interrupt handler → what happens in it.
    Interrupt,
    /// A fork → the child's first event.
    Fork,
    /// An exit → the return of the wait that reaps the task.
    Reap,
    /// A signal that was sent → its delivery.
    Signal,
    /// A signal's delivery → what the handler does first.
    Handler,
    /// A wake-up → the woken task's next event.
    WakeUp,
}

/// All causes that a timeline shows, in the order of their effects.
pub fn of(timeline: &Timeline) -> Vec<Cause> {
    let entries = &timeline.entries;
    let rules = [calls::find, interrupts::find, tasks::find, wakeups::find, handlers::find];
    let mut causes: Vec<Cause> = rules.iter().flat_map(|find| find(entries)).collect();
    causes.extend(signals::find(timeline));
    causes.sort_by_key(|cause| (cause.to, cause.from, cause.why));
    causes.dedup();
    causes
}

/// Whether the task itself acts, in the kernel or in its program. Otherwise it was
/// interrupted and has nothing to do with the event.
fn by_itself(entry: &Entry, pid: i32) -> bool {
    entry.pid == pid && entry.context == Context::Process
}

/// The place of a task's first event from `start` on.
fn next_of(entries: &[Entry], start: usize, pid: i32) -> Option<usize> {
    (start..entries.len()).find(|&at| by_itself(&entries[at], pid))
}
