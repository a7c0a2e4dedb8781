//! An attempt: a submission that is compiled, run and judged.

use std::fmt;
use std::path::Path;

use builder::guest::payload::PayloadFile;
use builder::kernel::functions::defined;
use explain::{ExitStatus, Explain};
use vm::VmError;
use vm::command::Accel;

use super::compile::{CompileError, Compiler};
use super::ending::{Ending, Fault};
use super::kernel_log::{KernelLog, Report};
use super::marks::Marks;
use super::values::Seed;
use super::{Exercise, FOLDER, Sample, StudentFile};
use crate::absent::{self, Declaring, Source};
use crate::error::Error;
use crate::plan::Options;
use crate::run::{Lab, Machine, Observed, read};

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
    /// The line of the student's file that the kernel's first report is about, if the report
    /// itself does not say it.
    pub line: Option<u32>,
}

impl Attempt {
    /// Judges a run of a file about which the compiler printed `warnings`.
    pub fn of_run(exercise: &Exercise, observed: Observed, warnings: Option<String>) -> Attempt {
        let marks = Marks::of_run(exercise, &observed.record, &observed.timeline);
        Attempt { marks, observed: Some(observed), compiler: None, warnings, log: None, line: None }
    }

    /// A submission without a run to judge, which is its own fault.
    fn unrun(exercise: &Exercise, error: &Error, ending: Ending) -> Attempt {
        let compiler = match error.downcast_ref() {
            Some(CompileError::Compile { output, .. }) => Some(output.clone()),
            _ => None,
        };
        let log = error.downcast_ref().and_then(VmError::log).map(str::to_owned);
        let marks = Marks::none(exercise, ending);
        Attempt { marks, observed: None, compiler, warnings: None, log, line: None }
    }

    /// What the kernel log says about the student's module. About a program it says nothing,
    /// unless the machine failed.
    pub fn kernel_log(&self, exercise: &Exercise) -> KernelLog {
        let of_run = match &exercise.file {
            StudentFile::Module { .. } => self.observed.as_ref(),
            StudentFile::Program { .. } => None,
        };
        let log = self.log.as_deref().or(of_run.map(|seen| seen.returned.log.as_str()));
        let Some(log) = log else { return KernelLog::default() };
        let mut log = KernelLog::read(log, exercise.file.name());
        if let Some(first) = log.reports.first_mut() {
            first.line = first.line.or(self.line);
        }
        log
    }
}

impl Lab<'_> {
    /// Builds what submissions for any exercise share.
    pub fn prepare_exercises(&self, machine: &Machine) -> Result<(), Error> {
        for exercise in self.course.exercises(Seed::default())? {
            self.prepare(machine, &exercise)?;
        }
        Ok(())
    }

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
        let judged = match self.observe_ended(accel, machine, exercise, path, text) {
            Ok((observed, warnings)) => Ok(Attempt::of_run(exercise, observed, warnings)),
            Err((error, Fault::Host)) => Err(error),
            Err((error, Fault::Submission(ending))) => Ok(Attempt::unrun(exercise, &error, ending)),
        };
        let with_line = judged.and_then(|attempt| {
            let line = self.line_of_report(machine, exercise, (path, text), &attempt)?;
            Ok(Attempt { line, ..attempt })
        });
        with_line.map_err(|error| NotJudged(error).into())
    }

    /// The line of the student's file that the kernel's first report is about, if the report
    /// does not say it.
    fn line_of_report(
        &self,
        machine: &Machine,
        exercise: &Exercise,
        (path, text): (&Path, &str),
        attempt: &Attempt,
    ) -> Result<Option<u32>, Error> {
        let log = attempt.kernel_log(exercise);
        let Some(Report { place: Some(place), line: None, .. }) = log.reports.first() else {
            return Ok(None);
        };
        let StudentFile::Module { name } = &exercise.file else { return Ok(None) };
        let module = name.strip_suffix(".c").unwrap_or(name);
        let compiler = self.compiler();
        // The machine that panicked has left no module; it is in the cache.
        let elf = match &attempt.observed {
            Some(observed) => observed.returned.modules.get(module).cloned().unwrap_or_default(),
            None => {
                let (file, _) = compiler.student_module(exercise, path, text, &machine.kernel)?;
                read(&file.host)?
            }
        };
        exercise.line(&compiler, machine, (path, text), &elf, place)
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
        self.refuse_absent(machine, exercise, text, &modules)?;
        let observed = self.observe(machine, &plan, &compiled.programs, &modules)?;
        Ok((observed, compiled.warnings))
    }

    /// Refuses an exercise whose facts name functions that this machine does not have. A
    /// student's module need not have those of the solution.
    fn refuse_absent(
        &self,
        machine: &Machine,
        exercise: &Exercise,
        text: &str,
        modules: &[PayloadFile],
    ) -> Result<(), Error> {
        let solution = exercise.sample(&Sample::Solution);
        let of_solution = if text == solution { Vec::new() } else { defined(&solution) };
        let declaring = exercise.functions().map(|(name, mut functions)| {
            functions.retain(|function| !of_solution.iter().any(|own| own == function));
            Declaring { path: exercise.folder.join(name), text: &exercise.texts[name], functions }
        });
        absent::refuse(machine.known(self.progress), &declaring, modules, || {
            let mut sources = absent::sources(&self.course.root, &exercise.experiment.kmods)?;
            let shown = format!("the solution, {}/{},", FOLDER, exercise.file.frame());
            sources.push(Source { shown, text: solution.clone() });
            Ok(sources)
        })
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
