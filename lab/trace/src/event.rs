//! A typed event.

use serde::{Deserialize, Serialize};

use super::TraceError;
use super::kind::Kind;
use super::symbols::{Symbol, Symbols};
use super::value::{Fields, Value};

/// Something that happened in the kernel, or a mark that a program left.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// On the trace's clock, ns.
    pub time_ns: u64,
    /// The current task when it happened (the kernel's global number of the
    /// thread; 0 is the idle task). In an interrupt it is whoever was
    /// interrupted.
    pub pid: i32,
    /// On whose behalf the kernel was running.
    pub context: Context,
    /// What happened.
    pub kind: Kind,
    /// The same, under the kernel's own names; those of a mark are `text`
    /// and where it stands in the program, `source`; those of the kernel's own,
    /// `text` and `function`.
    pub fields: Fields,
    /// The kernel functions it happened in, innermost first; empty if the
    /// trace was not asked for them.
    pub stack: Vec<Frame>,
}

/// On whose behalf the kernel was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// The current task's.
    Process,
    /// Deferred work, while a task is interrupted.
    Softirq,
    /// A device's, while a task is interrupted.
    Hardirq,
    /// A non-maskable interrupt's.
    Nmi,
}

impl Context {
    /// From `common_flags` (`enum trace_flag_type`,
    /// include/linux/trace_events.h). Softirqs that are merely switched off
    /// are not softirq context.
    pub fn from_flags(flags: u8) -> Context {
        const HARDIRQ: u8 = 0x08;
        const SOFTIRQ: u8 = 0x10;
        const NMI: u8 = 0x40;
        // The innermost context is what runs.
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
    /// Where the call returns to.
    pub address: u64,
    /// The function; `None` if neither the kernel nor a module has one there.
    pub symbol: Option<Symbol>,
}

impl Frame {
    /// The function's name; `?` if there is none.
    pub fn name(&self) -> &str {
        self.symbol.as_ref().map_or("?", |symbol| &symbol.name)
    }
}

impl Event {
    /// The event that the kernel calls `name`, with these fields: at time 0,
    /// of task 0, in process context and without a stack.
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
