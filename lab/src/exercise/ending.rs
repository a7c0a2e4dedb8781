//! Describes in one sentence how a submission's run ended if it did not simply finish: it
//! hung, forked without end, filled its memory or output, or crashed the kernel. Also
//! decides whose fault it is if there is no run to judge.

use std::fmt;

use builder::kernel;
use protocol::Ended;
use protocol::limits::{FILE_BYTES, PROCESSES};
use serde::{Deserialize, Serialize};
use story::expect::student::Role;
use story::timeline::{Entry, Timeline};
use trace::TraceError;
use trace::record::{Record, RecordError};
use vm::{EndedBy, VmError, panic};

use super::compile::CompileError;
use super::submission::Refused;
use crate::error::Error;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    pub kind: Kind,
    /// A sentence without its final period.
    pub text: String,
}

/// How a run ended, for programs: the same on every host. A mutant names it as in JSON,
/// `timed-out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing was handed in.
    Missing,
    /// There was no acceptable file.
    Refused,
    /// The compiler rejected the file or was stopped.
    NotCompiled,
    /// The kernel panicked.
    Panicked,
    /// The machine ran away or hung.
    Hung,
    /// The machine ended before the run did, or did not give PID 1's record.
    NoRecord,
    /// There were more events than the trace can hold.
    Flooded,
    /// It used up the machine's memory.
    OutOfMemory,
    /// It wrote more than it may.
    TooMuchOutput,
    /// It did not end in time.
    TimedOut,
    /// The program panicked, or a signal killed it.
    Crashed,
    /// The harness failed because of its input.
    HarnessFailed,
}

impl Kind {
    /// A sentence without its final period that reveals nothing about the run's inputs.
    pub fn told(self) -> &'static str {
        match self {
            Kind::Missing => "there was no file",
            Kind::Refused => "there was no file that could be accepted",
            Kind::NotCompiled => "it does not compile, or not within a compiler's limits",
            Kind::Panicked => "the kernel panicked",
            Kind::Hung => "the kernel hung",
            Kind::NoRecord => "the machine ended before the run did",
            Kind::Flooded => "it did so much that the trace could not hold it",
            Kind::OutOfMemory => "it used up the machine's memory",
            Kind::TooMuchOutput => "it wrote more than it may",
            Kind::TimedOut => "it did not end in time",
            Kind::Crashed => "the program panicked, or a signal killed it",
            Kind::HarnessFailed => "the harness failed because of the submission",
        }
    }
}

impl fmt::Display for Kind {
    /// The name in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Whose fault it is that there is no run to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The submission's fault: its file alone explains the failure, which would be the
    /// same on any host. This includes what happens in the machine, which has its own
    /// clock and is isolated from the host.
    Submission(Ending),
    /// The lab's or the host's fault, or unknown. This never affects marks.
    Host,
}

impl Fault {
    pub fn of(error: &Error) -> Fault {
        // Each match names all variants, so that a new one needs a decision.
        let compile = error.downcast_ref().map(of_compile_error);
        compile
            .or_else(|| error.downcast_ref().map(of_refused))
            .or_else(|| error.downcast_ref().map(of_vm_error))
            .or_else(|| error.downcast_ref().map(of_record_error))
            .or_else(|| error.downcast_ref().map(of_trace_error))
            .unwrap_or(Fault::Host)
    }

    /// For a machine that does not end in time although one with another submission does.
    pub fn never_ends() -> Fault {
        Fault::submission(Kind::Hung, "the machine did not end, however long the host waited")
    }

    fn submission(kind: Kind, text: impl Into<String>) -> Fault {
        Fault::Submission(Ending::new(kind, text))
    }
}

impl Ending {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Ending {
        Ending { kind, text: text.into() }
    }

    /// Describes how a run with a record ended. `None` if it simply ran to its end.
    pub fn of_run(record: &Record, timeline: &Timeline) -> Option<Ending> {
        let entries = &timeline.entries;
        if entries.iter().any(|entry| matches!(entry.kind, trace::Kind::OomVictim { .. })) {
            let memory = kernel::Kind::Lesson.memory_mib();
            let text = format!("it used up the machine's memory ({memory} MiB) and was killed");
            return Some(Ending::new(Kind::OutOfMemory, text));
        }
        if entries.iter().any(|entry| entry.mark().as_deref() == Some(KILLED_BY_SIGXFSZ)) {
            let text = format!(
                "it wrote more than {} MiB into a file or its output and was killed",
                FILE_BYTES >> 20
            );
            return Some(Ending::new(Kind::TooMuchOutput, text));
        }
        match &record.outcome.ended {
            Ended::Exited(0) => None,
            // One of the processes is the program itself.
            Ended::TimedOut { .. } if forks(timeline) + 1 >= PROCESSES as usize => {
                Some(Ending::new(
                    Kind::TimedOut,
                    format!(
                        "it forked until it had all the {PROCESSES} processes that it may have, \
                     and did not end in time"
                    ),
                ))
            }
            Ended::TimedOut { .. } => {
                Some(Ending::new(Kind::TimedOut, "it did not end in time: it hung or looped"))
            }
            Ended::Exited(_) | Ended::Signaled(_) | Ended::NotStarted(_) => Some(Ending::new(
                Kind::HarnessFailed,
                format!("the harness failed: {}", told(record)),
            )),
        }
    }
}

fn of_compile_error(error: &CompileError) -> Fault {
    match error {
        CompileError::Compile { .. } | CompileError::Excess { .. } => {
            Fault::submission(Kind::NotCompiled, error.to_string())
        }
        CompileError::Unexplained { .. }
        | CompileError::Harness { .. }
        | CompileError::Cache(_)
        | CompileError::Program(_)
        | CompileError::Toolchain(_)
        | CompileError::Host(_)
        | CompileError::Kmod(_)
        | CompileError::Sandbox(_)
        | CompileError::File(_)
        | CompileError::Cargo(_) => Fault::Host,
    }
}

fn of_refused(refused: &Refused) -> Fault {
    match refused {
        Refused::Missing { .. } => Fault::submission(Kind::Missing, refused.to_string()),
        Refused::NotPlain { .. }
        | Refused::NotFolder { .. }
        | Refused::TooLong { .. }
        | Refused::Archive { .. }
        | Refused::NotText { .. } => Fault::submission(Kind::Refused, refused.to_string()),
        Refused::Read { .. } => Fault::Host,
    }
}

fn of_vm_error(error: &VmError) -> Fault {
    match error {
        VmError::Panicked { reason, .. } => {
            Fault::submission(Kind::Panicked, format!("the kernel panicked{}", panic::told(reason)))
        }
        VmError::RanAway { .. } => {
            Fault::submission(Kind::Hung, "the kernel hung: something in it never returned")
        }
        VmError::Odd { by: EndedBy::Guest, .. } => {
            Fault::submission(Kind::NoRecord, "the machine ended before the run did")
        }
        // A compiler's result is far smaller than the payload's limit, so this is not the
        // file's fault.
        VmError::Payload { .. }
        | VmError::Odd { by: EndedBy::Host, .. }
        | VmError::Hung { .. }
        | VmError::Lost { .. }
        | VmError::Start { .. }
        | VmError::Memory(_)
        | VmError::Log(_)
        | VmError::Interrupted { .. }
        | VmError::Monitor { .. }
        | VmError::Restore { .. }
        | VmError::Save { .. }
        | VmError::State { .. } => Fault::Host,
    }
}

/// A machine that resets itself ends properly. Only its record shows that it was too
/// early or that something other than PID 1 wrote it.
fn of_record_error(error: &RecordError) -> Fault {
    match error {
        RecordError::Read(_)
        | RecordError::Missing(_)
        | RecordError::NotPlain { .. }
        | RecordError::Unknown { .. }
        | RecordError::Twice { .. }
        | RecordError::PastEnd { .. }
        | RecordError::TooLong { .. }
        | RecordError::Malformed { .. }
        | RecordError::Nonce => {
            Fault::submission(Kind::NoRecord, "the machine gave no record of the run")
        }
    }
}

fn of_trace_error(error: &TraceError) -> Fault {
    match error {
        TraceError::Lost { .. } => Fault::submission(
            Kind::Flooded,
            "it did so much that the trace could not hold it: a loop without end?",
        ),
        // Nothing but the kernel and PID 1 writes there, so the submission tampered with
        // it.
        TraceError::Page { .. }
        | TraceError::Payload { .. }
        | TraceError::Field { .. }
        | TraceError::UnknownEvent { .. }
        | TraceError::OrphanStack { .. }
        | TraceError::Count { .. }
        | TraceError::Format { .. }
        | TraceError::Stats { .. }
        | TraceError::Loads { .. }
        | TraceError::Module { .. } => {
            Fault::submission(Kind::NoRecord, "the trace of the run makes no sense")
        }
        TraceError::Symbols { .. } => Fault::Host,
    }
}

/// How many times the program and its descendants forked.
fn forks(timeline: &Timeline) -> usize {
    let entries = &timeline.entries;
    let is_theirs = |(index, entry): &(usize, &Entry)| {
        matches!(entry.kind, trace::Kind::Fork { .. })
            && Role::of(entry.pid, &entries[..*index]) != Role::Other
    };
    entries.iter().enumerate().filter(is_theirs).count()
}

/// The mark for a program that wrote beyond RLIMIT_FSIZE.
const KILLED_BY_SIGXFSZ: &str = "the program was killed by signal 25";

/// The harness's last words, or why it was not started.
fn told(record: &Record) -> String {
    match &record.outcome.ended {
        Ended::NotStarted(reason) => reason.clone(),
        Ended::Signaled(signal) => format!("killed by signal {signal}"),
        _ => String::from_utf8_lossy(&record.stderr).lines().last().unwrap_or_default().to_owned(),
    }
}
