//! The trace of a machine that never sent it, read from the machine's memory.

use builder::guest::payload::PayloadFile;
use explain::{ExitStatus, Explain};
use protocol::Job;
use story::timeline::{Timeline, WithArguments};
use trace::ring_buffer::{self, PAGE_LEN};
use trace::{Inputs, remains};
use vm::VmError;

use crate::error::Error;
use crate::run::{Machine, elves};

/// A traced machine panicked, ran away or did not end in time.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Fallen {
    /// How the machine ended.
    pub error: Error,
    /// The events recorded until then, or why they are unknown.
    pub trace: Result<CutOff, Error>,
}

/// A trace up to the machine's end.
#[derive(Debug)]
pub struct CutOff {
    pub timeline: Timeline,
    /// Whether the ring buffer had room until the end. If not, the last events are
    /// missing.
    pub had_room: bool,
}

impl Fallen {
    /// The machine's own error.
    pub fn vm(&self) -> Option<&VmError> {
        self.error.downcast_ref()
    }
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

impl Machine {
    /// Reads the trace of a machine with this job and these modules.
    pub(super) fn read_remains(
        &self,
        left: &vm::Remains,
        job: &Job,
        modules: &[PayloadFile],
    ) -> Result<CutOff, Error> {
        let told = remains::Remains::parse(&left.record, job)?;
        let mut memory = vec![0; told.trace_pages.len() * PAGE_LEN];
        for (number, page) in told.trace_pages.iter().zip(memory.chunks_mut(PAGE_LEN)) {
            let address = number.saturating_mul(PAGE_LEN as u64);
            left.read(address, page).map_err(Error::file("read", "the machine's memory"))?;
        }
        let (pages, had_room) = ring_buffer::in_order(&memory);
        let elves = elves(modules)?;
        let symbols = self.symbols_with(&told.modules, &elves)?;
        let inputs = Inputs {
            pages: &pages,
            stats: None,
            formats: &told.formats,
            symbols: &symbols,
            modules: &elves,
        };
        let timeline = Timeline::new(&trace::decode(&inputs)?);
        Ok(CutOff { timeline: timeline.retold(&WithArguments), had_room })
    }
}
