//! A signal that was sent, and its delivery.

use std::collections::BTreeMap;

use trace::{Kind, names};

use super::{Cause, Why};
use crate::timeline::Timeline;

const SIGKILL: i32 = 9;
/// The first real-time signal. A queue holds several of these, but only one of each
/// signal below.
const REAL_TIME: i32 = 32;

/// A queue of pending signals: a process's, or a thread's own.
type Queue = (i32, bool);

/// A signal that is pending.
struct Pending {
    since: usize,
    errno: i32,
    code: i32,
}

pub(super) fn find(timeline: &Timeline) -> Vec<Cause> {
    let entries = &timeline.entries;
    let process = |pid: i32| process(timeline, pid);
    let mut pending: BTreeMap<(Queue, i32), Vec<Pending>> = BTreeMap::new();
    let mut causes = Vec::new();
    let mut in_order: BTreeMap<(Queue, i32), Vec<Cause>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match entry.kind {
            Kind::NewTask { pid, thread } => {
                // The number may have belonged to a task that is gone.
                let queues =
                    if thread { vec![(pid, false)] } else { vec![(pid, true), (pid, false)] };
                pending.retain(|(queue, _), _| !queues.contains(queue));
            }
            Kind::SignalGenerate { sig, errno, code, pid, group, result, .. } => {
                if names::result(result.into()) != Some("delivered") {
                    continue;
                }
                let queue = if group { (process(pid), true) } else { (pid, false) };
                let queued = pending.entry((queue, sig)).or_default();
                if sig < REAL_TIME {
                    // It is queued, so an earlier one is not pending any more: it was
                    // read, or flushed.
                    queued.clear();
                }
                queued.push(Pending { since: at, errno, code });
            }
            Kind::SignalDeliver { sig, errno, code, .. } => {
                // The thread's own queue comes first (dequeue_signal, kernel/signal.c).
                let queues = [(entry.pid, false), (process(entry.pid), true)];
                let queued =
                    |queue: &Queue| pending.get(&(*queue, sig)).is_some_and(|q| !q.is_empty());
                let mut those: Vec<Queue> = queues.into_iter().filter(queued).collect();
                those.dedup();
                if let [queue] = those[..]
                    && let Some(queued) = pending.get_mut(&(queue, sig))
                    && let Some((from, alone)) = taken(queued, sig, errno, code)
                {
                    let cause = Cause { from, to: at, why: Why::Signal };
                    match alone {
                        true => causes.push(cause),
                        false => in_order.entry((queue, sig)).or_default().push(cause),
                    }
                }
            }
            _ => {}
        }
    }
    // If all that were queued have been delivered, none was read in another way, and their
    // order is the queue's.
    in_order.retain(|key, _| pending.get(key).is_none_or(Vec::is_empty));
    causes.extend(in_order.into_values().flatten());
    causes
}

/// Takes the first signal that fits out of its queue. Returns its place, and whether no
/// other fits. One of several may have been read through a signalfd before, which the trace
/// does not show.
fn taken(queued: &mut Vec<Pending>, sig: i32, errno: i32, code: i32) -> Option<(usize, bool)> {
    // The kernel delivers SIGKILL to a dying process without siginfo.
    let fits = |it: &Pending| sig == SIGKILL || (it.errno, it.code) == (errno, code);
    let first = queued.iter().position(fits)?;
    let alone = queued.iter().filter(|it| fits(it)).count() == 1;
    let taken = queued.remove(first);
    Some((taken.since, alone))
}

/// The process that a task belongs to, by the number of its first thread.
fn process(timeline: &Timeline, pid: i32) -> i32 {
    let mut first = pid;
    for birth in timeline.births.iter().rev() {
        if birth.pid == first {
            if !birth.thread {
                break;
            }
            first = birth.parent;
        }
    }
    first
}
