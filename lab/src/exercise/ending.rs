//! What became of a submission's run, in one sentence, where it did not simply
//! run to its end: it hung, forked without end, filled its memory or output, or
//! took the kernel down.

use std::fmt;

use protocol::Ended;
use serde::Serialize;
use story::expect::student::Role;
use story::timeline::{Entry, Timeline};
use trace::record::{Record, RecordError};
use trace::{TraceError, Value};
use vm::{VmError, panic};

use super::compile::CompileError;
use super::submission::Refused;
use crate::error::Error;

/// As many processes as the student's user may have; `PROCESSES` of the crate
/// `student`.
const PROCESSES: usize = 32;

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub kind: Kind,
    /// A sentence without its final period.
    pub text: String,
}

/// What became of a run, for machines: the same on every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// There was no file that could be taken.
    Refused,
    /// The compiler refused it, or was stopped.
    NotCompiled,
    /// The kernel panicked.
    Panicked,
    /// The machine ran away or hung.
    Hung,
    /// The machine ended before the run did, or gave no record of its own.
    NoRecord,
    /// There was more to trace than the trace could hold.
    Flooded,
    OutOfMemory,
    TooMuchOutput,
    TimedOut,
    /// The lab's own part failed, for what it was given.
    HarnessFailed,
}

impl fmt::Display for Kind {
    /// As in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Ending {
    fn new(kind: Kind, text: impl Into<String>) -> Ending {
        Ending { kind, text: text.into() }
    }

    /// Of an error that is the submission's doing; `None` if the lab or the
    /// host is to blame.
    pub fn of_error(error: &Error) -> Option<Ending> {
        let refused = |refused: &Refused| Ending::new(Kind::Refused, refused.to_string());
        // A record that does not belong to the run, or is none.
        let no_record =
            |_: &RecordError| Ending::new(Kind::NoRecord, "the machine gave no record of the run");
        let compile = error.downcast_ref().and_then(of_compile_error);
        compile
            .or_else(|| error.downcast_ref().map(refused))
            .or_else(|| error.downcast_ref().and_then(of_vm_error))
            .or_else(|| error.downcast_ref().map(no_record))
            .or_else(|| error.downcast_ref().and_then(of_trace_error))
    }

    /// Of a run that has a record; `None` if it simply ran to its end.
    pub fn of_run(record: &Record, timeline: &Timeline) -> Option<Ending> {
        let entries = &timeline.entries;
        if entries.iter().any(|entry| entry.event() == "mark_victim") {
            let text = "it used up the machine's memory (64 MiB) and was killed";
            return Some(Ending::new(Kind::OutOfMemory, text));
        }
        if entries.iter().any(|entry| entry.event() == "mark" && says(entry, KILLED_BY_SIGXFSZ)) {
            let text = "it wrote more than 1 MiB into a file or its output and was killed";
            return Some(Ending::new(Kind::TooMuchOutput, text));
        }
        match &record.outcome.ended {
            Ended::Exited(0) => None,
            // One process is the program itself.
            Ended::TimedOut if forks(timeline) + 1 >= PROCESSES => Some(Ending::new(
                Kind::TimedOut,
                format!(
                    "it forked until it had all the {PROCESSES} processes that it may have, \
                     and did not end in time"
                ),
            )),
            Ended::TimedOut => {
                Some(Ending::new(Kind::TimedOut, "it did not end in time: it hung or looped"))
            }
            Ended::Exited(_) | Ended::Signaled(_) | Ended::NotStarted(_) => Some(Ending::new(
                Kind::HarnessFailed,
                format!("the harness failed: {}", told(record)),
            )),
        }
    }
}

fn of_compile_error(error: &CompileError) -> Option<Ending> {
    match error {
        CompileError::Compile { .. }
        | CompileError::Stopped { .. }
        | CompileError::TimedOut { .. } => Some(Ending::new(Kind::NotCompiled, error.to_string())),
        _ => None,
    }
}

fn of_vm_error(error: &VmError) -> Option<Ending> {
    Some(match error {
        VmError::Panicked { reason, .. } => {
            Ending::new(Kind::Panicked, format!("the kernel panicked{}", panic::told(reason)))
        }
        VmError::RanAway { .. } => {
            Ending::new(Kind::Hung, "the kernel hung: something in it never returned")
        }
        VmError::Hung { .. } => {
            Ending::new(Kind::Hung, "the machine did not end, and the host waited no longer")
        }
        VmError::Odd { .. } | VmError::Lost { .. } => {
            Ending::new(Kind::NoRecord, "the machine ended before the run did")
        }
        _ => return None,
    })
}

fn of_trace_error(error: &TraceError) -> Option<Ending> {
    match error {
        TraceError::Lost { .. } => Some(Ending::new(
            Kind::Flooded,
            "it did so much that the trace could not hold it: a loop without end?",
        )),
        // Nothing else writes there: it was tampered with.
        TraceError::Page { .. }
        | TraceError::Payload { .. }
        | TraceError::Field { .. }
        | TraceError::UnknownEvent { .. }
        | TraceError::OrphanStack { .. }
        | TraceError::Count { .. } => {
            Some(Ending::new(Kind::NoRecord, "the trace of the run makes no sense"))
        }
        _ => None,
    }
}

/// How often the program and its descendants forked.
fn forks(timeline: &Timeline) -> usize {
    let entries = &timeline.entries;
    let is_theirs = |(index, entry): &(usize, &Entry)| {
        entry.event() == "sched_process_fork"
            && Role::of(entry.pid, &entries[..*index]) != Role::Other
    };
    entries.iter().enumerate().filter(is_theirs).count()
}

/// The mark of a program that wrote beyond RLIMIT_FSIZE.
const KILLED_BY_SIGXFSZ: &str = "the program was killed by signal 25";

fn says(entry: &Entry, text: &str) -> bool {
    entry.fields.get("text").and_then(Value::as_text) == Some(text)
}

/// What the harness said before it gave up, or why it was not started.
fn told(record: &Record) -> String {
    match &record.outcome.ended {
        Ended::NotStarted(reason) => reason.clone(),
        Ended::Signaled(signal) => format!("killed by signal {signal}"),
        _ => String::from_utf8_lossy(&record.stderr).lines().last().unwrap_or_default().to_owned(),
    }
}
