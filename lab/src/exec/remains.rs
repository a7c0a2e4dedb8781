//! The trace of a machine that never sent it, read from the machine's memory.

use std::io::ErrorKind::UnexpectedEof;

use explain::{ExitStatus, Explain};
use protocol::Job;
use story::timeline::{Timeline, WithArguments};
use trace::ring_buffer::{self, PAGE_LEN};
use trace::{Inputs, Symbols, remains};

use super::{Executed, Ran};
use crate::error::Error;
use crate::returned::{self, Returned};

/// A machine panicked, ran away or did not end in time.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Fallen {
    /// How the machine ended.
    pub error: Error,
    /// The events recorded until then, if any were requested, or why they are unknown.
    pub trace: Option<Result<CutOff, Error>>,
    pub ran: Ran,
}

/// A trace up to the machine's end.
#[derive(Debug)]
pub struct CutOff {
    pub timeline: Timeline,
    /// Whether the ring buffer had room until the end. If not, the last events are
    /// missing.
    pub had_room: bool,
}

/// What a program's machine left, if it was run, and the events that were recorded: all of
/// them, or those until the machine fell or was halted.
pub fn left<'a>(
    executed: Result<&'a Executed, &'a Error>,
) -> (Option<&'a Ran>, Option<&'a Timeline>) {
    let (ran, timeline, cut_off) = match executed {
        Ok(Executed { ran, timeline, cut_off, .. }) => (ran, timeline.as_ref(), cut_off.as_ref()),
        Err(error) => match error.downcast_ref() {
            Some(Fallen { ran, trace, .. }) => (ran, None, trace.as_ref()),
            None => return (None, None),
        },
    };
    let cut_off = cut_off.and_then(|trace| trace.as_ref().ok());
    (Some(ran), timeline.or(cut_off.map(|trace| &trace.timeline)))
}

impl Explain for Fallen {
    fn exit_status(&self) -> ExitStatus {
        self.error.exit_status()
    }

    fn hint(&self) -> Option<String> {
        self.error.hint()
    }

    fn details(&self) -> Option<&str> {
        self.error.details()
    }
}

impl Ran {
    /// The trace, from the pages of the machine's memory. `None` if there are none.
    /// `kernel` has the functions of the machine's kernel.
    pub fn cut_off(&self, kernel: &Symbols) -> Option<Result<CutOff, Error>> {
        let memory = self.memory.as_ref()?;
        Some(CutOff::read(kernel, &self.returned, memory))
    }
}

impl CutOff {
    fn read(kernel: &Symbols, returned: &Returned, memory: &[u8]) -> Result<CutOff, Error> {
        let Returned { job, modules, record, .. } = returned;
        let told = remains::Remains::parse(record, job)?;
        if memory.len() != told.trace_pages.len() * PAGE_LEN {
            return Err(Error::file("read", "the machine's memory")(UnexpectedEof.into()));
        }
        let (pages, had_room) = ring_buffer::in_order(memory);
        let symbols = returned::with_modules(kernel, modules, &told.modules)?;
        let inputs = Inputs {
            pages: &pages,
            stats: None,
            formats: &told.formats,
            symbols: &symbols,
            modules,
        };
        let timeline = Timeline::new(&trace::decode(&inputs)?);
        Ok(CutOff { timeline: timeline.retold(&WithArguments), had_room })
    }
}

/// The pages of a machine's memory that PID 1 named, as far as they are there. None if
/// PID 1 named none; [`Ran::cut_off`] then says why.
pub(super) fn pages(left: &vm::Remains, job: &Job) -> Vec<u8> {
    let Ok(told) = remains::Remains::parse(&left.record, job) else { return Vec::new() };
    let mut memory = Vec::new();
    for number in &told.trace_pages {
        let mut page = [0; PAGE_LEN];
        if left.read(number.saturating_mul(PAGE_LEN as u64), &mut page).is_ok() {
            memory.extend(page);
        }
    }
    memory
}
