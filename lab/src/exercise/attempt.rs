//! An attempt: a submission that is compiled, run and judged.

use std::fmt;
use std::path::Path;

use explain::{ExitStatus, Explain};
use vm::VmError;
use vm::command::Accel;

use super::compile::{CompileError, Compiler};
use super::ending::Fault;
use super::kernel_log::KernelLog;
use super::marks::Marks;
use super::{Exercise, Sample, StudentFile};
use crate::error::Error;
use crate::plan::Options;
use crate::run::{Lab, Machine, Observed};

/// The result of an attempt.
#[derive(Debug)]
pub struct Attempt {
    pub marks: Marks,
    /// What the run left, if there was a run.
    pub observed: Option<Observed>,
    /// What the compiler printed, if it rejected the file.
    pub compiler: Option<String>,
    /// What the compiler printed about a file that it accepted.
    pub warnings: Option<String>,
    /// The kernel log, if the machine failed.
    pub log: Option<String>,
}

impl Attempt {
    /// Judges a run of a file about which the compiler printed `warnings`.
    pub fn of_run(exercise: &Exercise, observed: Observed, warnings: Option<String>) -> Attempt {
        let marks = Marks::of_run(exercise, &observed.record, &observed.timeline);
        Attempt { marks, observed: Some(observed), compiler: None, warnings, log: None }
    }

    /// What the kernel log says about the student's module. About a program it says nothing,
    /// unless the machine failed.
    pub fn kernel_log(&self, exercise: &Exercise) -> KernelLog {
        let of_run = match &exercise.file {
            StudentFile::Module { .. } => self.observed.as_ref(),
            StudentFile::Program { .. } => None,
        };
        let log = self.log.as_deref().or(of_run.map(|seen| seen.returned.log.as_str()));
        log.map_or_else(KernelLog::default, |log| KernelLog::read(log, exercise.file.name()))
    }
}

impl Lab<'_> {
    /// Builds what all submissions for an exercise share, or takes it from the cache.
    pub fn prepare(&self, machine: &Machine, exercise: &Exercise) -> Result<(), Error> {
        let compiler = self.compiler();
        compiler.harness(exercise)?;
        if matches!(exercise.file, StudentFile::Program { .. }) {
            compiler.crates(exercise)?;
        }
        let plan = exercise.plan(Options::default());
        self.modules(machine, &plan.experiment.kmods)?;
        self.saved(machine, plan.options.accel)?;
        Ok(())
    }

    /// Compiles, runs and judges a submission. Messages call the file `path`.
    ///
    /// A failure that the submission itself causes, such as a compile error or a panic,
    /// is an attempt without points. An error means that the lab or the host failed; its
    /// exit status says that there is no verdict.
    pub fn attempt(
        &self,
        machine: &Machine,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<Attempt, Error> {
        self.attempt_by(Accel::TCG, machine, exercise, path, text)
    }

    /// Like `attempt`, with another accelerator or at another speed.
    pub fn attempt_by(
        &self,
        accel: Accel,
        machine: &Machine,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<Attempt, Error> {
        let (error, ending) = match self.observe_ended(accel, machine, exercise, path, text) {
            Ok((observed, warnings)) => return Ok(Attempt::of_run(exercise, observed, warnings)),
            Err((error, Fault::Host)) => return Err(NotJudged(error).into()),
            Err((error, Fault::Submission(ending))) => (error, ending),
        };
        let compiler = match error.downcast_ref() {
            Some(CompileError::Compile { output, .. }) => Some(output.clone()),
            _ => None,
        };
        let log = error.downcast_ref().and_then(VmError::log).map(str::to_owned);
        let marks = Marks::none(exercise, ending);
        Ok(Attempt { marks, observed: None, compiler, warnings: None, log })
    }

    /// Compiles and runs a submission. If there is nothing to judge, says whose fault
    /// that is.
    ///
    /// If the machine does not end in time, the host may have been too busy. It is the
    /// submission's fault only if the exercise's solution ends on this host now and the
    /// submission still does not.
    pub(super) fn observe_ended(
        &self,
        accel: Accel,
        machine: &Machine,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<(Observed, Option<String>), (Error, Fault)> {
        let observe = |text: &str| self.observe_attempt(accel, machine, exercise, path, text);
        let hung = |error: &Error| matches!(error.downcast_ref(), Some(VmError::Hung { .. }));
        let blamed = |error: Error| {
            let fault = Fault::of(&error);
            (error, fault)
        };
        match observe(text) {
            Err(error) if hung(&error) => {}
            result => return result.map_err(blamed),
        }
        observe(&exercise.sample(&Sample::Solution)).map_err(|error| (error, Fault::Host))?;
        observe(text).map_err(|error| {
            let fault = if hung(&error) { Fault::never_ends() } else { Fault::of(&error) };
            (error, fault)
        })
    }

    fn observe_attempt(
        &self,
        accel: Accel,
        machine: &Machine,
        exercise: &Exercise,
        path: &Path,
        text: &str,
    ) -> Result<(Observed, Option<String>), Error> {
        let compiled = self.compiler().submission(exercise, path, text, &machine.kernel)?;
        let plan = exercise.plan(Options { accel, kernel: machine.kind, ..Options::default() });
        let mut modules = self.modules(machine, &plan.experiment.kmods)?;
        modules.extend(compiled.modules);
        let observed = self.observe(machine, &plan, &compiled.programs, &modules)?;
        Ok((observed, compiled.warnings))
    }

    /// Compiles students' files.
    pub(crate) fn compiler(&self) -> Compiler<'_> {
        Compiler { root: &self.course.root, cache: &self.cache, progress: self.progress }
    }
}

/// Why a submission was not judged, through no fault of its own.
#[derive(Debug)]
pub(super) struct NotJudged(pub Error);

impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotJudged {}

impl Explain for NotJudged {
    fn exit_status(&self) -> ExitStatus {
        match self.0.exit_status() {
            ExitStatus::Unavailable => ExitStatus::Unavailable,
            _ => ExitStatus::Vm,
        }
    }

    fn hint(&self) -> Option<String> {
        self.0.hint()
    }

    fn details(&self) -> Option<&str> {
        self.0.details()
    }
}
