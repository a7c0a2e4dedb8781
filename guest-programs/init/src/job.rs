//! One job: modules in, trace on, program run, trace off.

use std::time::Duration;

use protocol::session::Session;
use protocol::{Ended, Job, TraceEvent};

use crate::{checkpoint, machine, pages, record, session, supervise, trace, watchdog};

/// Runs the job. An error is a reason why the program was never started. `not_loaded`
/// gets the reason for each optional module that was not loaded.
pub fn run(job: &Job, not_loaded: &mut Vec<String>) -> Result<Ended, String> {
    watchdog::start(Duration::from_millis(job.timeout_ms) + watchdog::rest())?;
    if job.session.as_ref().is_some_and(Session::follows_host) {
        // While a halted processor is idle, a second of the guest lasts a second of the
        // host.
        machine::stay_awake(false)?;
    }
    if job.session.is_some() {
        // Only a person's own program may halt the machine on purpose.
        machine::end_when_halted()?;
    }
    trace::prepare(job)?;
    // People want to see their modules being loaded as well. An event that a module
    // brings along does not exist yet, and is enabled later.
    let traced = job.session.is_some() && !job.trace.is_empty();
    let pages = if traced { pages::of_trace()? } else { Vec::new() };
    let mut missing: Vec<&TraceEvent> = job.trace.iter().collect();
    if traced && !job.modules.is_empty() {
        missing = trace::enable(missing)?;
        record::announce(&job.nonce, &pages)?;
        trace::switch(true)?;
    }
    for module in &job.modules {
        match machine::load_module(&module.file, &module.params) {
            Err(reason) if module.optional => not_loaded.push(reason),
            other => other?,
        }
    }
    let optional = job.modules.iter().filter(|module| module.optional).count();
    if optional > 0 && not_loaded.len() == optional {
        return Err(not_loaded.join("; "));
    }
    record::note_first_modules()?;
    if let Some(event) = trace::enable(missing)?.first() {
        return Err(event.is_unknown());
    }
    if traced {
        record::announce(&job.nonce, &pages)?;
    }
    // The scheduler's ticks then come at the same moments of the program's life
    // whether the machine was booted or restored, so the scheduler decides the same.
    checkpoint::sleep_until_next(Duration::from_millis(100))?;
    trace::switch(true)?;
    let ended = match &job.session {
        None => supervise::run(job),
        Some(session) => session::run(job, session),
    };
    trace::switch(false)?;
    ended
}
