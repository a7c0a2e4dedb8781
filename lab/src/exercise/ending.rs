//! What became of a submission's run, in one sentence, where it did not simply
//! run to its end: it hung, forked without end, filled its memory or output, or
//! took the kernel down.

use protocol::Ended;

use super::compile::CompileError;
use crate::error::Error;
use crate::expect::student::Role;
use crate::record::Record;
use crate::timeline::Timeline;
use crate::trace::TraceError;
use crate::vm::VmError;

/// As many processes as the student's user may have; `PROCESSES` of the crate
/// `student`.
const PROCESSES: usize = 32;

/// An error that is the submission's doing, as a sentence; `None` if the lab or
/// the host is to blame.
pub fn of_error(error: &Error) -> Option<String> {
    match error {
        Error::Compile(error @ (CompileError::Compile { .. } | CompileError::TimedOut { .. })) => {
            Some(error.to_string())
        }
        Error::Refused(error) => Some(error.to_string()),
        Error::Vm(VmError::Panicked { reason, .. }) if reason.is_empty() => {
            Some("the kernel panicked".to_owned())
        }
        Error::Vm(VmError::Panicked { reason, .. }) => {
            Some(format!("the kernel panicked: {reason}"))
        }
        Error::Vm(VmError::RanAway { .. } | VmError::Hung { .. }) => {
            Some("the machine hung: something in the kernel never returned".to_owned())
        }
        Error::Vm(VmError::Odd { .. } | VmError::Lost { .. }) => {
            Some("the machine ended before the run did".to_owned())
        }
        Error::Trace(TraceError::Lost { .. }) => {
            Some("it did so much that the trace could not hold it: a loop without end?".to_owned())
        }
        // A record that does not belong to the run, or is none.
        Error::Record(_) => Some("the machine gave no record of the run".to_owned()),
        _ => None,
    }
}

/// What is to be said of a run that has a record.
pub fn of_run(record: &Record, timeline: &Timeline) -> Option<String> {
    let entries = &timeline.entries;
    let program = |text: &str| entries.iter().any(|e| e.event == "mark" && says(e, text));
    let victims = entries.iter().filter(|e| e.event == "mark_victim").count();
    let forks = entries.iter().enumerate().filter(|(index, entry)| {
        entry.event == "sched_process_fork"
            && Role::of(entry.pid, &entries[..*index]) != Role::Other
    });
    if victims > 0 {
        return Some("it used up the machine's memory (64 MiB) and was killed".to_owned());
    }
    if program(KILLED_BY_SIGXFSZ) {
        return Some(
            "it wrote more than 1 MiB into a file or its output and was killed".to_owned(),
        );
    }
    match &record.outcome.ended {
        // One process is the program itself.
        Ended::TimedOut if forks.count() + 1 >= PROCESSES => Some(format!(
            "it forked until it had all the {PROCESSES} processes that it may have, \
             and did not end in time"
        )),
        Ended::TimedOut => Some("it did not end in time: it hung or looped".to_owned()),
        Ended::Exited(0) => None,
        Ended::Exited(_) | Ended::Signaled(_) | Ended::NotStarted(_) => {
            Some(format!("the harness failed: {}", told(record)))
        }
    }
}

/// The mark of a program that wrote beyond RLIMIT_FSIZE.
const KILLED_BY_SIGXFSZ: &str = "the program was killed by signal 25";

fn says(entry: &crate::timeline::Entry, text: &str) -> bool {
    entry.fields.get("text").and_then(crate::trace::Value::as_text) == Some(text)
}

/// What the harness said before it gave up, or why it was not started.
fn told(record: &Record) -> String {
    match &record.outcome.ended {
        Ended::NotStarted(reason) => reason.clone(),
        Ended::Signaled(signal) => format!("killed by signal {signal}"),
        _ => String::from_utf8_lossy(&record.stderr).lines().last().unwrap_or_default().to_owned(),
    }
}
