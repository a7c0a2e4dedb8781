//! A typed event.

use serde::{Deserialize, Serialize};

use super::TraceError;
use super::kind::Kind;
use super::symbols::{Symbol, Symbols};
use super::value::{Fields, Value};

/// Something that happened in the kernel, or a mark that a program left.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Time on the trace's clock, ns.
    pub time_ns: u64,
    /// The task that was current (the kernel's global thread number; 0 is the idle task).
    /// In an interrupt, this is the interrupted task.
    pub pid: i32,
    /// On whose behalf the kernel ran.
    pub context: Context,
    /// What happened.
    pub kind: Kind,
    /// The same data under the kernel's own field names. A program's mark has `text` and
    /// `source`, its place in the program. A kernel mark has `text` and `function`.
    pub fields: Fields,
    /// The kernel functions that were active, innermost first. Empty if the trace did not
    /// record stacks.
    pub stack: Vec<Frame>,
}

/// On whose behalf the kernel ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// The current task.
    Process,
    /// Deferred work that interrupted a task.
    Softirq,
    /// A device that interrupted a task.
    Hardirq,
    /// A non-maskable interrupt.
    Nmi,
}

impl Context {
    /// Reads `common_flags` (`enum trace_flag_type`, include/linux/trace_events.h).
    /// Softirqs that are merely disabled do not count as softirq context.
    pub fn from_flags(flags: u8) -> Context {
        const HARDIRQ: u8 = 0x08;
        const SOFTIRQ: u8 = 0x10;
        const NMI: u8 = 0x40;
        // The innermost context is the one that runs.
        match flags {
            _ if flags & NMI != 0 => Context::Nmi,
            _ if flags & HARDIRQ != 0 => Context::Hardirq,
            _ if flags & SOFTIRQ != 0 => Context::Softirq,
            _ => Context::Process,
        }
    }

    /// `process`, `softirq`, `hardirq` or `nmi`.
    pub fn name(self) -> &'static str {
        match self {
            Context::Process => "process",
            Context::Softirq => "softirq",
            Context::Hardirq => "hardirq",
            Context::Nmi => "nmi",
        }
    }
}

/// One function on a kernel stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The address that the call returns to.
    pub address: u64,
    /// The function, or `None` if neither the kernel nor a module has one there.
    pub symbol: Option<Symbol>,
}

impl Frame {
    /// The function's name, or `?` if it is unknown.
    pub fn name(&self) -> &str {
        self.symbol.as_ref().map_or("?", |symbol| &symbol.name)
    }
}

impl Event {
    /// Makes the event that the kernel calls `name` from its fields, with time 0, task 0,
    /// process context and no stack.
    ///
    /// # Errors
    /// [`TraceError::Field`] if a field that the lab relies on is missing.
    pub fn new(name: &str, fields: Fields, symbols: &Symbols) -> Result<Event, TraceError> {
        let kind = Kind::new(name, &fields, symbols)?;
        let text = |text: &str| Value::Text(text.to_owned());
        let fields = match &kind {
            Kind::Mark(mark) => {
                let said = text(&mark.text(|pid| pid.to_string()));
                let source = mark.source.as_ref().map(|source| ("source".to_owned(), text(source)));
                std::iter::once(("text".to_owned(), said)).chain(source).collect()
            }
            Kind::KernelMark { function, text: t } => {
                let function = function.as_deref().unwrap_or("?");
                [("function".to_owned(), text(function)), ("text".to_owned(), text(t))].into()
            }
            _ => fields,
        };
        let (time_ns, pid, context) = (0, 0, Context::Process);
        Ok(Event { time_ns, pid, context, kind, fields, stack: Vec::new() })
    }
}
