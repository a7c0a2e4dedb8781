//! A system call and what its task does until it returns; an exit and what follows.

use std::collections::BTreeMap;

use trace::{Context, Kind};

use super::{Cause, Why};
use crate::timeline::Entry;

/// What a task is doing in the kernel.
enum Doing {
    /// A system call with this number, since this event, in which these came.
    Call { id: i64, since: usize, within: Vec<usize> },
    /// It exits, since this event, and never returns.
    Exit { since: usize },
}

/// A task makes one system call at a time. Only a call whose return is seen causes
/// anything, because a trace may have entries without their returns.
pub(super) fn find(entries: &[Entry]) -> Vec<Cause> {
    let mut doing: BTreeMap<i32, Doing> = BTreeMap::new();
    let mut causes = Vec::new();
    for (to, entry) in entries.iter().enumerate() {
        if let Kind::NewTask { pid, .. } | Kind::Fork { child_pid: pid, .. } = entry.kind {
            // The number may have belonged to a task that is gone.
            doing.remove(&pid);
        }
        if entry.context != Context::Process {
            continue;
        }
        let cause = |from, why| Cause { from, to, why };
        match (&entry.kind, doing.get_mut(&entry.pid)) {
            // A program's own words are not the kernel's work.
            (Kind::Mark(_), _) => {}
            (_, Some(&mut Doing::Exit { since })) => causes.push(cause(since, Why::Exit)),
            (Kind::SysEnter { id, .. }, _) => {
                let call = Doing::Call { id: *id, since: to, within: Vec::new() };
                doing.insert(entry.pid, call);
            }
            (Kind::SysExit { id, .. }, _) => {
                if let Some(Doing::Call { id: entered, since, within }) = doing.remove(&entry.pid)
                    && entered == *id
                {
                    let because = |to| Cause { from: since, to, why: Why::Call };
                    causes.extend(within.into_iter().map(because));
                    causes.push(cause(since, Why::Return));
                }
            }
            (_, Some(Doing::Call { within, .. })) => within.push(to),
            (_, None) => {}
        }
        if let Kind::Exit { .. } = entry.kind {
            doing.insert(entry.pid, Doing::Exit { since: to });
        }
    }
    causes
}
