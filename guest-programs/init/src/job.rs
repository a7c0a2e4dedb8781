//! One job: modules in, trace on, program run, trace off.

use std::time::Duration;

use protocol::session::Session;
use protocol::{Ended, IDLE_MODULE, Job};

use crate::{LAB, machine, record, session, supervise, trace, watchdog};

/// Runs the job. An error is a reason why the program was never started.
pub fn run(job: &Job) -> Result<Ended, String> {
    watchdog::start(Duration::from_millis(job.timeout_ms) + watchdog::REST)?;
    if job.session.as_ref().is_some_and(Session::follows_host) {
        // An idle second is to be one of the host's.
        machine::unload_module(IDLE_MODULE)?;
    }
    for module in &job.modules {
        machine::load_module(LAB, &module.file, &module.params)?;
    }
    record::note_first_modules()?;
    trace::set_up(job)?;
    // The scheduler's ticks then come at the same moments of the program's life
    // whether the machine was booted or restored, and so does what they decide.
    machine::sleep_until_next(Duration::from_millis(100))?;
    trace::switch(true)?;
    let ended = match &job.session {
        None => supervise::run(job),
        Some(session) => session::run(job, session),
    };
    trace::switch(false)?;
    ended
}
