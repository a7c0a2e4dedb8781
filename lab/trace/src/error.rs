//! Errors of reading a trace.

use explain::{ExitStatus, Explain};

/// Why a trace could not be read. Events have the kernel's names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// A page of the ring buffer (counted from 0) is malformed.
    #[error("failed to read page {index} of the trace: {reason}")]
    Page { index: usize, reason: &'static str },
    /// A line of a `format` file is malformed.
    #[error("failed to parse the format of `{event}`: `{line}`")]
    Format { event: String, line: String },
    /// A number is missing from the `stats` file.
    #[error("failed to parse the trace's statistics: no `{name}`")]
    Stats { name: &'static str },
    /// A line of `System.map` is malformed.
    #[error("failed to parse a line of System.map: `{line}`")]
    Symbols { line: String },
    /// The object file of a module is malformed.
    #[error("failed to read the symbols of module `{name}`: {reason}")]
    Module { name: String, reason: String },
    /// An event is shorter than its format says.
    #[error("failed to read `{field}` of a `{event}` event: it is cut off")]
    Payload { event: String, field: String },
    /// An event lacks a field that the lab relies on, perhaps because of another kernel.
    #[error("failed to read `{field}` of a `{event}` event: the kernel's event has no such field")]
    Field { event: String, field: &'static str },
    /// The record has no format with the event's `common_type`.
    #[error("failed to read an event of type {id}: the record has no format for it")]
    UnknownEvent { id: u16 },
    /// A stack follows no event of its task.
    #[error("failed to read a kernel stack: no event of task {pid} comes before it")]
    OrphanStack { pid: i32 },
    /// Modules were loaded more often than the lab follows.
    #[error("failed to follow the modules: they are loaded more than {most} times")]
    Loads { most: usize },
    /// The kernel dropped or overwrote events, or left some in the buffer.
    #[error("the trace is incomplete: {count} events were lost")]
    Lost { count: u64 },
    /// The record holds a different number of events than the kernel read out.
    #[error("the trace is incomplete: it holds {found} of {read} events")]
    Count { read: u64, found: u64 },
}

impl Explain for TraceError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }
}
