//! Why a trace could not be read.

use explain::{ExitStatus, Explain};

/// Why a trace could not be read. Events are named as the kernel does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// A page of the ring buffer, counted from 0, is not as the kernel writes
    /// it.
    #[error("failed to read page {index} of the trace: {reason}")]
    Page { index: usize, reason: &'static str },
    /// A line of a `format` file.
    #[error("failed to parse the format of `{event}`: `{line}`")]
    Format { event: String, line: String },
    /// A number is missing in the `stats` file.
    #[error("failed to parse the trace's statistics: no `{name}`")]
    Stats { name: &'static str },
    /// A line of `System.map`.
    #[error("failed to parse a line of System.map: `{line}`")]
    Symbols { line: String },
    /// The object file of a module.
    #[error("failed to read the symbols of module `{name}`: {reason}")]
    Module { name: String, reason: String },
    /// An event is shorter than its format says.
    #[error("failed to read `{field}` of a `{event}` event: it is cut off")]
    Payload { event: String, field: String },
    /// An event is not what the lab takes it for: another kernel's, perhaps.
    #[error("failed to read `{field}` of a `{event}` event: the kernel's event has no such field")]
    Field { event: String, field: &'static str },
    /// An event's `common_type` is that of no format in the record.
    #[error("failed to read an event of type {id}: the record has no format for it")]
    UnknownEvent { id: u16 },
    /// A stack does not follow an event of its task.
    #[error("failed to read a kernel stack: no event of task {pid} comes before it")]
    OrphanStack { pid: i32 },
    /// Modules were loaded too often to follow.
    #[error("failed to follow the modules: they are loaded more than {most} times")]
    Loads { most: usize },
    /// The kernel dropped or overwrote events, or did not give out all.
    #[error("the trace is incomplete: {count} events were lost")]
    Lost { count: u64 },
    /// The kernel gave out another number of events than the record holds.
    #[error("the trace is incomplete: it holds {found} of {read} events")]
    Count { read: u64, found: u64 },
}

impl Explain for TraceError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }
}
