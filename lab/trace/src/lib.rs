//! What a machine left of one run: its [record], and the trace in it, whose ring buffer
//! becomes typed events.
//!
//! ```text
//! pages ── ring_buffer ──▶ times, payloads
//!                             │ format (the kernel's own description)
//!                             ▼
//!                          fields ── symbols ──▶ Event
//! ```
//!
//! Nothing here reads a file or guesses. An incomplete record, an event without a format
//! or a stack without an event is an error.

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

pub mod event;
pub mod event_name;
pub mod field;
pub mod format;
pub mod kind;
pub mod mark;
pub mod names;
pub mod record;
pub mod remains;
pub mod ring_buffer;
pub mod symbols;
pub mod value;

mod error;
mod stats;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

pub use error::TraceError;
pub use event::{Context, Event, Frame};
pub use event_name::EventName;
pub use field::Field;
pub use kind::{Kind, PREEMPTED};
pub use mark::Mark;
pub use symbols::{Symbol, Symbols};
pub use value::{Fields, Value};

use format::Format;
use ring_buffer::RawEvent;
use stats::Stats;

/// The inputs of reading a trace.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The concatenated pages of one CPU's `trace_pipe_raw`.
    pub pages: &'a [u8],
    /// The same CPU's `stats`. `None` if the machine ended before the kernel was asked; the
    /// pages then hold what was recorded until its end.
    pub stats: Option<&'a str>,
    /// The `format` files, keyed by `system/event`.
    pub formats: &'a BTreeMap<String, String>,
    /// The functions of the kernel and of the modules that were loaded when the trace
    /// began.
    pub symbols: &'a Symbols,
    /// The `.ko` files of modules that may be loaded during the trace, keyed by module
    /// name.
    pub modules: &'a BTreeMap<String, Vec<u8>>,
}

/// Reads a whole trace. Returns every event in ring-buffer order, each with its stack.
///
/// # Errors
/// [`TraceError::Lost`] or [`TraceError::Count`] if an event is missing, so an incomplete
/// trace never passes for a whole one. The other variants say what is broken.
pub fn decode(inputs: &Inputs<'_>) -> Result<Vec<Event>, TraceError> {
    let mut formats = HashMap::new();
    for (name, text) in inputs.formats {
        let format = Format::parse(name, text)?;
        formats.insert(format.id, format);
    }
    let pages = ring_buffer::read(inputs.pages)?;
    let found = pages.events.len() as u64;
    let stats = match inputs.stats {
        Some(stats) => Stats::parse(stats)?,
        None => Stats { lost: 0, read: found },
    };
    match stats.lost.saturating_add(pages.missed) {
        0 => {}
        count => return Err(TraceError::Lost { count }),
    }
    if found != stats.read {
        return Err(TraceError::Count { read: stats.read, found });
    }

    let mut events: Vec<Event> = Vec::new();
    // An address belongs to a module only while the module is loaded there.
    let mut symbols = Cow::Borrowed(inputs.symbols);
    let mut loads = 0;
    for raw in &pages.events {
        let common = Common::read(raw)?;
        let format = formats.get(&common.id).ok_or(TraceError::UnknownEvent { id: common.id })?;
        if format.name == KERNEL_STACK {
            let stack = read_stack(raw, format, &symbols)?;
            owner(&mut events, &common)?.stack = stack;
        } else {
            let fields = format.decode(raw.payload)?;
            let event = Event::new(&format.name, fields, &symbols)?;
            if let Kind::LoadModule { name, text } = &event.kind
                && let Some(elf) = inputs.modules.get(name)
            {
                loads += 1;
                if loads > MOST_LOADS {
                    return Err(TraceError::Loads { most: MOST_LOADS });
                }
                symbols.to_mut().load_module(name, *text, elf)?;
            }
            let Common { pid, context, .. } = common;
            events.push(Event { time_ns: raw.time_ns, pid, context, ..event });
        }
    }
    Ok(events)
}

/// The most module loads in one run. Each load reads all functions of the module again.
const MOST_LOADS: usize = 1000;

/// The event that holds the kernel stack of an earlier event.
const KERNEL_STACK: &str = "kernel_stack";

/// The start of every payload (`struct trace_entry`, include/linux/trace_events.h).
struct Common {
    /// Selects the format of the payload.
    id: u16,
    context: Context,
    /// The current task.
    pid: i32,
}

impl Common {
    fn read(raw: &RawEvent<'_>) -> Result<Common, TraceError> {
        let Some(&[id0, id1, flags, _preempt_count, p0, p1, p2, p3]) = raw.payload.first_chunk()
        else {
            let (event, field) = ("nameless".to_owned(), "common_pid".to_owned());
            return Err(TraceError::Payload { event, field });
        };
        Ok(Common {
            id: u16::from_le_bytes([id0, id1]),
            context: Context::from_flags(flags),
            pid: i32::from_le_bytes([p0, p1, p2, p3]),
        })
    }
}

/// Turns the return addresses of a kernel stack into functions. The event itself says how
/// many there are; the format knows only the usual number.
fn read_stack(
    raw: &RawEvent<'_>,
    format: &Format,
    symbols: &Symbols,
) -> Result<Vec<Frame>, TraceError> {
    let missing = |field| TraceError::Field { event: KERNEL_STACK.to_owned(), field };
    let offset = format.field("caller").ok_or_else(|| missing("caller"))?.offset;
    let size = format.field("size").ok_or_else(|| missing("size"))?.offset;
    let cut_off = |field: &str| TraceError::Payload {
        event: KERNEL_STACK.to_owned(),
        field: field.to_owned(),
    };
    let depth = raw.payload.get(size..).and_then(|rest| rest.first_chunk());
    let depth = u32::from_le_bytes(*depth.ok_or_else(|| cut_off("size"))?) as usize;
    let callers = raw.payload.get(offset..).and_then(|rest| rest.get(..8 * depth));
    let (callers, _) = callers.ok_or_else(|| cut_off("caller"))?.as_chunks();
    let frame = |caller: &[u8; 8]| {
        let address = u64::from_le_bytes(*caller);
        Frame { address, symbol: symbols.caller(address) }
    };
    Ok(callers.iter().map(frame).collect())
}

/// The event that a stack belongs to: the last one of the same task in the same context.
/// Events of an interrupt may lie between the two.
fn owner<'a>(events: &'a mut [Event], stack: &Common) -> Result<&'a mut Event, TraceError> {
    events
        .iter_mut()
        .rev()
        .find(|event| event.pid == stack.pid && event.context == stack.context)
        .filter(|event| event.stack.is_empty())
        .ok_or(TraceError::OrphanStack { pid: stack.pid })
}

#[cfg(test)]
mod tests;
