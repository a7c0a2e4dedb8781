//! All trace events that a person can ask for.

use std::time::Duration;

use builder::guest::payload::Payload;
use protocol::{Ended, Job, Marks, TraceEvent, WAKES_US};
use trace::record::Record;
use vm::command::{Accel, Device};

use super::events::{HELP, list};
use super::{Kmod, Loaded, NO_TRACE_BUFFER_KIB};
use crate::error::Error;
use crate::report::NoVerdict;
use crate::run::{Lab, Machine, nonce, wall_limit};

/// Guest time for loading the modules.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Lab<'_> {
    /// Asks a machine for the events of its kernel and of these modules. They are
    /// `system/event`, sorted.
    pub fn kernel_events(&self, machine: &Machine, kmods: &[Kmod]) -> Result<Vec<String>, Error> {
        let modules = self.exec_modules(machine, kmods, None)?;
        // PID 1 answers an event that does not exist with all that do.
        let question = TraceEvent::plain(HELP.to_owned());
        let answer = Ended::NotStarted(question.is_unknown());
        let job = Job {
            program: String::new().into(),
            args: Vec::new(),
            env: Vec::new(),
            modules: modules.iter().map(Loaded::module).collect(),
            trace: vec![question],
            trace_buffer_kib: NO_TRACE_BUFFER_KIB,
            timeout_ms: TIMEOUT.as_millis() as u64,
            marks: Marks::Root,
            nonce: nonce()?,
            wakes_us: WAKES_US,
            session: None,
        };
        let mut payload = Payload::new(&job)?;
        for module in &modules {
            payload.add_file(&module.file)?;
        }
        let payload = payload.finish()?;
        let (parts, limit) = (machine.parts(Accel::TCG), wall_limit(&job, machine.kind));
        let state = self.saved(machine, Accel::TCG)?;
        let (finished, _) = self.start(state.as_deref(), |state| {
            vm::run(parts, &[Device::Edu], &payload, state, limit)
        })?;
        let record = Record::parse(&finished.record, &job)?;
        if record.outcome.ended != answer {
            let reason = match record.outcome.ended {
                Ended::NotStarted(reason) => reason,
                ended => format!("PID 1 did not say which events there are, but {ended:?}"),
            };
            return Err(NoVerdict { reason, log: finished.log }.into());
        }
        Ok(list(&record.events))
    }
}
