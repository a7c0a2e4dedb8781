//! A wake-up and what the woken task does next.

use std::collections::BTreeMap;

use trace::{Context, Kind};

use super::{Cause, Why};
use crate::timeline::Entry;

/// `sched_waking` says that a sleeping task is woken, by whoever runs now. If a task was
/// woken twice before it did anything, either may be why it runs.
pub(super) fn find(entries: &[Entry]) -> Vec<Cause> {
    let mut woken: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    let mut causes = Vec::new();
    for (to, entry) in entries.iter().enumerate() {
        if entry.context == Context::Process
            && let Some(wakings) = woken.remove(&entry.pid)
            && let [from] = wakings[..]
        {
            causes.push(Cause { from, to, why: Why::WakeUp });
        }
        match entry.kind {
            // A task may wake itself while it is about to sleep.
            Kind::Waking { pid, .. } if pid != entry.pid => {
                woken.entry(pid).or_default().push(to);
            }
            Kind::Wakeup { pid, .. } => {
                let from = woken.get(&pid).and_then(|wakings| wakings.last());
                causes.extend(from.map(|&from| Cause { from, to, why: Why::WakeUp }));
            }
            Kind::NewTask { pid, .. } => {
                woken.remove(&pid);
            }
            _ => {}
        }
    }
    causes
}
