//! A fork and the child's first event; an exit and the wait that reaps the task.

use std::collections::BTreeMap;

use trace::{Kind, names};

use super::{Cause, Why, next_of};
use crate::timeline::Entry;

pub(super) fn find(entries: &[Entry]) -> Vec<Cause> {
    let mut causes = Vec::new();
    // The last exit of each task that nobody has reaped.
    let mut exits: BTreeMap<i32, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match &entry.kind {
            Kind::Fork { child_pid: child, .. } | Kind::NewTask { pid: child, .. } => {
                let to = next_of(entries, at + 1, *child);
                // A fork may be two events. The child's first event belongs to the later.
                let told_again = |to: usize| {
                    entries[at + 1..to].iter().any(|later| births(later) == Some(*child))
                };
                let to = to.filter(|&to| !told_again(to));
                causes.extend(to.map(|to| Cause { from: at, to, why: Why::Fork }));
            }
            Kind::Exit { pid, .. } => {
                exits.insert(*pid, at);
            }
            Kind::SysExit { id, ret } if names::syscall(*id) == Some("wait4") => {
                let reaped = i32::try_from(*ret).ok().and_then(|pid| exits.remove(&pid));
                causes.extend(reaped.map(|from| Cause { from, to: at, why: Why::Reap }));
            }
            _ => {}
        }
    }
    causes
}

/// The task that an event says was born.
fn births(entry: &Entry) -> Option<i32> {
    match entry.kind {
        Kind::Fork { child_pid: pid, .. } | Kind::NewTask { pid, .. } => Some(pid),
        _ => None,
    }
}
