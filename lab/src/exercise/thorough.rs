//! Runs a student's module on the debug kernel, too. That finds what no check on the
//! lesson's kernel shows: deadlocks, sleeps in interrupt handlers, memory that is lost or
//! used after it was freed.
//!
//! Only the kernel's reports count there. The facts are not checked again, because
//! everything takes longer on that kernel.

use std::path::Path;

use builder::kernel::{self, Kind};
use story::detail::Detail;
use story::expect::Checked;
use story::reports::Report;
use vm::VmError;
use vm::command::Accel;

use super::attempt::{Attempt, NotJudged};
use super::ending::{Ending, Fault};
use super::{Exercise, StudentFile, lines};
use crate::error::Error;
use crate::plan::Options;
use crate::run::{Lab, Machine};

/// What a run on the debug kernel showed.
#[derive(Debug, Default)]
struct Found {
    reports: Vec<Report>,
    /// The module, with debug information.
    elf: Vec<u8>,
    /// How the run ended, if it did not simply finish.
    ending: Option<Ending>,
}

/// The machines for attempts.
#[derive(Debug, Clone, Copy)]
pub struct Machines<'a> {
    /// With the lesson's kernel.
    pub lesson: &'a Machine,
    /// With the debug kernel, if modules run there, too.
    pub debug: Option<&'a Machine>,
}

impl Exercise {
    /// Whether submissions run on the debug kernel, too, if that is asked for. It watches
    /// the kernel, and so modules only.
    pub fn has_thorough_check(&self) -> bool {
        matches!(self.file, StudentFile::Module { .. })
    }
}

impl Lab<'_> {
    /// The machine with a kernel of this kind. Builds what is missing.
    pub fn machine_of(&self, kind: Kind) -> Result<Machine, Error> {
        self.machine_with(&kernel::Options { kind, ..self.kernel.clone() })
    }

    /// Like [`Lab::prepare`], for attempts on the debug kernel.
    pub fn prepare_thorough(&self, debug: &Machine, exercise: &Exercise) -> Result<(), Error> {
        let plan = exercise.plan(Options { kernel: Kind::Debug, ..Options::default() });
        self.modules(debug, &plan.experiment.kmods)?;
        self.saved(debug, plan.options.accel)?;
        Ok(())
    }

    /// Like [`Lab::attempt`], with a check for the debug kernel if there is a machine with
    /// it and the exercise has a module.
    pub fn attempt_on(
        &self,
        machines: Machines<'_>,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<Attempt, Error> {
        let mut attempt = self.attempt(machines.lesson, exercise, path, text)?;
        let Some(debug) = machines.debug.filter(|_| exercise.has_thorough_check()) else {
            return Ok(attempt);
        };
        let mut facts = None;
        if let Some(observed) = &attempt.observed {
            let found = self.find(debug, exercise, path, text)?;
            attempt.marks.find_reported(exercise, &observed.timeline, &found.reports);
            let told = facts.insert(self.facts(&found, exercise)?);
            if found.reports.is_empty() && attempt.marks.ending.is_none() {
                told.extend(found.ending.map(ended));
            }
        }
        attempt.marks.judge_on_the_debug_kernel(facts);
        Ok(attempt)
    }

    /// Runs a module on the debug kernel. A failure that the module causes is something
    /// found.
    fn find(
        &self,
        debug: &Machine,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<Found, Error> {
        let module = exercise.file.name().trim_end_matches(".c");
        match self.observe_ended(Accel::TCG, debug, exercise, path, text) {
            Ok((observed, _)) => {
                let leaks = observed.leaks.as_deref().unwrap_or_default();
                let reports = Report::read(&observed.returned.log, leaks, module);
                let ending = Ending::of_run(&observed.record, &observed.timeline);
                let elf = observed.returned.modules.get(module).cloned().unwrap_or_default();
                Ok(Found { reports, elf, ending })
            }
            Err((error, Fault::Host)) => Err(NotJudged(error).into()),
            Err((error, Fault::Submission(ending))) => {
                let log = error.downcast_ref().and_then(VmError::log).unwrap_or_default();
                let reports = Report::read(log, "", module);
                let compiler = self.compiler();
                let built = compiler.submission(exercise, path, text, &debug.kernel)?;
                let elf = match built.modules.first() {
                    Some(file) => crate::run::read(&file.host)?,
                    None => Vec::new(),
                };
                Ok(Found { reports, elf, ending: Some(ending) })
            }
        }
    }

    /// What is shown of each report.
    fn facts(&self, found: &Found, exercise: &Exercise) -> Result<Vec<Checked>, Error> {
        let file = exercise.file.name();
        let fact = |report: &Report| {
            let place = match &report.place {
                None => "the module".to_owned(),
                Some(place) => {
                    let function = place.function.split('.').next().unwrap_or_default();
                    match lines::line_of(&found.elf, place, file)? {
                        Some(line) => format!("{function} ({file}:{line})"),
                        None => function.to_owned(),
                    }
                }
            };
            let detail =
                format!("{place} {}; the kernel's words: {}", report.kind.told(), report.title);
            Ok(failed(report.kind.wanted(), detail))
        };
        found.reports.iter().map(fact).collect()
    }
}

fn failed(fact: &str, detail: String) -> Checked {
    let (fact, detail) = (fact.to_owned(), Detail::Plain(detail));
    Checked { fact, passed: false, detail, evidence: Vec::new() }
}

fn ended(ending: Ending) -> Checked {
    failed("it ends there as it does on the lesson's kernel", ending.text)
}
