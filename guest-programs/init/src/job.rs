//! One job: modules in, trace on, program run, trace off.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::kmod::{ModuleInitFlags, finit_module};
use protocol::{Ended, Job, Module};

use crate::{LAB, machine, record, session, supervise, trace, watchdog};

/// Runs the job. An error is a reason why the program was never started.
pub fn run(job: &Job) -> Result<Ended, String> {
    watchdog::start(Duration::from_millis(job.timeout_ms) + watchdog::REST)?;
    for module in &job.modules {
        load(module)?;
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

fn load(module: &Module) -> Result<(), String> {
    let path = format!("{LAB}/{}", module.file);
    let file = File::open(&path).map_err(|e| format!("failed to open `{path}`: {e}"))?;
    let params = CString::new(module.params.as_str())
        .map_err(|_| format!("parameters of `{}` contain a NUL", module.file))?;
    finit_module(file.as_fd(), &params, ModuleInitFlags::empty())
        .map_err(|e| format!("failed to load `{}`: {e}", module.file))
}
