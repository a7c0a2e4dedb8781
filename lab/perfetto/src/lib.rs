//! A run in the [trace event format][format], which Perfetto's viewer and
//! `chrome://tracing` read.
//!
//! There is a track for the kernel and one for each task. What has a beginning and an end,
//! such as a system call, is a slice, and everything else is a slice without a length, so
//! that arrows can begin and end at it. Each cause is an arrow, which the format calls a
//! flow.
//!
//! Nothing here does IO.
//!
//! [format]: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

pub mod check;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use story::causes::{self, Cause, Why};
use story::timeline::{ByRole, Entry, KERNEL, Lane, Roles, Timeline};

/// The one process of the document: the guest.
const GUEST: u32 = 1;

/// The document:
///
/// ```json
/// {"displayTimeUnit": "ns", "traceEvents": [
///   {"ph": "M", "name": "thread_name", "pid": 1, "tid": 2, "args": {"name": "program"}},
///   {"ph": "X", "name": "select", "pid": 1, "tid": 2, "ts": 47.5, "dur": 1417.9,
///    "args": {"id": 23}},
///   {"ph": "s", "id": 7, "name": "wake-up", "cat": "cause", "pid": 1, "tid": 1, "ts": 1.2},
///   {"ph": "f", "id": 7, "name": "wake-up", "cat": "cause", "pid": 1, "tid": 2, "ts": 1.4,
///    "bp": "e"}]}
/// ```
///
/// Times are microseconds since the run's first event.
pub fn document(timeline: &Timeline, roles: &Roles) -> Value {
    let entries = &timeline.entries;
    let causes = causes::of(timeline);
    let mut tracks: BTreeMap<String, usize> = BTreeMap::from([(KERNEL.to_owned(), 1)]);
    let mut of_entry = Vec::new();
    for entry in entries {
        let next = tracks.len() + 1;
        of_entry.push(*tracks.entry(entry.lifeline(Some(roles))).or_insert(next));
    }
    let ends = ends(entries, &causes);
    let over: BTreeSet<usize> = ends.values().copied().collect();
    let mut events: Vec<Value> = tracks
        .iter()
        .map(|(name, track)| {
            let args = json!({ "name": name });
            json!({"ph": "M", "name": "thread_name", "pid": GUEST, "tid": track, "args": args})
        })
        .collect();
    for (at, entry) in entries.iter().enumerate() {
        if over.contains(&at) {
            // The slice that began before ends here.
            continue;
        }
        let end = ends.get(&at).map_or(entry.time_ns, |&end| entries[end].time_ns);
        events.push(json!({
            "ph": "X",
            "name": name(entry, roles),
            "cat": entry.event().to_string(),
            "pid": GUEST,
            "tid": of_entry[at],
            "ts": micros(entry.time_ns),
            "dur": micros(end - entry.time_ns),
            "args": entry.fields,
        }));
    }
    for (id, cause) in causes.iter().enumerate() {
        // A slice's own end needs no arrow.
        if ends.get(&cause.from) == Some(&cause.to) {
            continue;
        }
        let flow = |phase: &str, at: usize| {
            json!({
                "ph": phase, "id": id, "name": cause.why, "cat": "cause", "pid": GUEST,
                "tid": of_entry[at], "ts": micros(entries[at].time_ns),
            })
        };
        let mut end = flow("f", cause.to);
        end["bp"] = json!("e");
        events.extend([flow("s", cause.from), end]);
    }
    json!({ "displayTimeUnit": "ns", "traceEvents": events })
}

/// The end of each slice that has a length, by its beginning.
fn ends(entries: &[Entry], causes: &[Cause]) -> BTreeMap<usize, usize> {
    let is_end = |cause: &&Cause| match cause.why {
        Why::Return => true,
        Why::Interrupt => matches!(entries[cause.to].kind, trace::Kind::IrqExit { .. }),
        _ => false,
    };
    causes.iter().filter(is_end).map(|cause| (cause.from, cause.to)).collect()
}

/// The text for an event.
fn name(entry: &Entry, roles: &Roles) -> String {
    let cells = entry.told(&ByRole { roles, time_ns: entry.time_ns });
    let cell = cells.iter().find(|cell| cell.lane != Lane::Device);
    cell.and_then(|cell| cell.lines.last()).cloned().unwrap_or_default()
}

/// Nanoseconds as microseconds.
fn micros(ns: u64) -> f64 {
    ns as f64 / 1000.0
}
