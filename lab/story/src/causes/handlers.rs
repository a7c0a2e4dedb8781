//! A signal's delivery and what its handler does first.
//!
//! The kernel enters the handler on the way to user space: `handle_signal`
//! (arch/x86/kernel/signal.c) sets the task's registers to the handler's, after
//! `get_signal` has told the delivery. So the handler is the first to run in user space.
//! It need not be the first to be *seen*: a handler that only sets a flag does nothing that
//! a trace shows, and the next event is one of the program that it interrupted. That event
//! is in order, and near, and no proof.
//!
//! rt_sigreturn(2) is the proof. It ends a handler, and nothing else does but siglongjmp(3)
//! and the end of the task. If a task has as many of these calls as deliveries to handlers,
//! each has returned, the innermost first. What the task does from user space until then
//! is what the innermost handler does.
//!
//! Each delivery to a handler must be in the trace. A return too many shows that one is
//! not, and then nothing is known of the task.

use std::collections::BTreeMap;

use trace::{Context, Kind, names};

use super::{Cause, Why};
use crate::timeline::Entry;

/// What is known of a task's handlers.
#[derive(Default)]
struct Task {
    /// Those that may be running, the innermost last.
    running: Vec<Handler>,
    /// What those have done that have returned, while others had not.
    returned: Vec<Cause>,
    causes: Vec<Cause>,
    /// Whether the trace lacks a delivery.
    lacks: bool,
}

/// A handler, with the places of its delivery and of the first thing that it does.
struct Handler {
    delivery: usize,
    first: Option<usize>,
}

pub(super) fn find(entries: &[Entry]) -> Vec<Cause> {
    let mut tasks: BTreeMap<i32, Task> = BTreeMap::new();
    let mut over = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Kind::NewTask { pid, .. } | Kind::Fork { child_pid: pid, .. } = entry.kind {
            // The number may have belonged to a task that is gone.
            over.extend(tasks.remove(&pid));
        }
        if entry.context == Context::Process {
            tasks.entry(entry.pid).or_default().sees(at, &entry.kind);
        }
    }
    over.extend(tasks.into_values());
    over.into_iter().filter(|task| !task.lacks).flat_map(|task| task.causes).collect()
}

impl Task {
    /// The task does something.
    fn sees(&mut self, at: usize, kind: &Kind) {
        match kind {
            Kind::SignalDeliver { sa_handler, .. } if *sa_handler > 1 => {
                self.running.push(Handler { delivery: at, first: None });
            }
            Kind::SysEnter { id, .. } if names::syscall(*id) == Some("rt_sigreturn") => {
                self.returns();
            }
            // What else comes may be the kernel's doing, on the way to the handler: it may
            // let other tasks run there, or deliver another signal.
            Kind::SysEnter { .. } | Kind::Mark(_) => {
                if let Some(handler) = self.running.last_mut() {
                    handler.first.get_or_insert(at);
                }
            }
            Kind::Exit { .. } | Kind::Exec { .. } => {
                self.running.clear();
                self.returned.clear();
            }
            _ => {}
        }
    }

    /// The innermost handler returns. One that siglongjmp(3) has left would never return,
    /// so a return may be that of another as long as not all have returned.
    fn returns(&mut self) {
        let Some(Handler { delivery, first }) = self.running.pop() else {
            self.lacks = true;
            return;
        };
        let cause = |to| Cause { from: delivery, to, why: Why::Handler };
        self.returned.extend(first.map(cause));
        if self.running.is_empty() {
            self.causes.append(&mut self.returned);
        }
    }
}
