//! Makes records of runs, and writes them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use story::lesson;
use vm::VmError;

use super::about::{
    ABOUT, About, BACKGROUND, Command, EXERCISE, Ended, FORMAT, LOG, MEMORY, MODULES, OUTPUT,
    RECORD, REGISTERS, SYSTEM_MAP, Told, Unjudged, program_file,
};
use crate::error::Error;
use crate::exec::Executed;
use crate::exec::remains::left;
use crate::exercise::Exercise;
use crate::exercise::attempt::Attempt;
use crate::exercise::values::Seed;
use crate::maker::Maker;
use crate::pages::Background;
use crate::plan::{Options, Plan};
use crate::returned::Returned;
use crate::run::{Lab, Machine, Run};
use crate::tested::{Document, Outcome};
use crate::whole;

/// The most that the records of a suite's programs may take, bytes.
const MOST_PROGRAMS: usize = 100 << 20;

/// A record on its way to a file.
#[derive(Debug)]
pub struct RecordFile {
    about: About,
    files: BTreeMap<String, Vec<u8>>,
}

impl RecordFile {
    /// The record of a lesson's run. `None` if there was no run.
    pub fn of_run(
        lab: &Lab<'_>,
        machine: &Machine,
        plan: &Plan,
        run: &Result<Run, Error>,
    ) -> Result<Option<RecordFile>, Error> {
        let lesson = plan.lesson.name.to_string();
        let command = Command::Run { lesson, options: plan.options.clone() };
        let mut file = RecordFile::new(lab, machine, command);
        file.add(lesson::FILE, plan.lesson.text.as_bytes());
        match run {
            Ok(run) => file.add_returned(machine, &run.returned)?,
            Err(error) => {
                let Some(told) = Told::of(error) else { return Ok(None) };
                file.about.failed = Some(told);
                let log = error.downcast_ref().and_then(VmError::log);
                file.add(LOG, log.unwrap_or_default().as_bytes());
            }
        }
        Ok(Some(file))
    }

    /// The record of an attempt at an exercise, which was run with these options.
    pub fn of_attempt(
        lab: &Lab<'_>,
        machine: &Machine,
        exercise: &Exercise,
        options: Options,
        attempt: &Attempt,
    ) -> Result<RecordFile, Error> {
        let (lesson, Seed(seed)) = (exercise.lesson.name.to_string(), exercise.seed);
        // Without a run, there is always an ending.
        let unjudged = match (&attempt.observed, &attempt.marks.ending) {
            (None, Some(ending)) => Some(Unjudged {
                ending: ending.clone(),
                compiler: attempt.compiler.clone(),
                log: attempt.log.clone(),
            }),
            _ => None,
        };
        let warnings = attempt.warnings.clone();
        let line = attempt.line;
        let command = Command::Check { lesson, options, seed, unjudged, warnings, line };
        let mut file = RecordFile::new(lab, machine, command);
        file.add(lesson::FILE, exercise.lesson.text.as_bytes());
        for (name, text) in &exercise.texts {
            file.add(&format!("{EXERCISE}{name}"), text.as_bytes());
        }
        if let Some(observed) = &attempt.observed {
            file.add_returned(machine, &observed.returned)?;
        }
        Ok(file)
    }

    /// The record of a program that was run by hand. `None` if it was not run.
    pub fn of_exec(
        lab: &Lab<'_>,
        machine: &Machine,
        executed: &Result<Executed, Error>,
    ) -> Result<Option<RecordFile>, Error> {
        let failed = match executed {
            Ok(_) => None,
            Err(error) => {
                let Some(told) = Told::of(error) else { return Ok(None) };
                Some(told)
            }
        };
        let (ran, _) = left(executed.as_ref());
        let command = Command::Exec {
            left: ran.is_some_and(|ran| ran.left),
            output_is_cut: ran.is_some_and(|ran| ran.output.is_cut),
        };
        let mut file = RecordFile::new(lab, machine, command);
        file.about.failed = failed;
        if let Some(ran) = ran {
            file.add_returned(machine, &ran.returned)?;
            file.add(OUTPUT, &ran.output.encode());
            if let Some(memory) = &ran.memory {
                file.add(MEMORY, memory);
            }
        }
        Ok(Some(file))
    }

    /// The record of a suite: its results, and the records of its programs in the same
    /// order. If they are too many, those of programs that passed are left out first.
    pub fn of_suite(
        lab: &Lab<'_>,
        machine: &Machine,
        results: &Document,
        programs: Vec<Option<RecordFile>>,
    ) -> Result<RecordFile, Error> {
        let command = Command::Suite { results: results.clone() };
        let mut file = RecordFile::new(lab, machine, command);
        let mut programs: Vec<_> = results.tests.iter().zip(programs).enumerate().collect();
        programs.sort_by_key(|(_, (test, _))| test.outcome == Outcome::Passed);
        let mut room = MOST_PROGRAMS;
        let mut left_out = 0;
        for (number, (_, program)) in programs {
            let Some(program) = program else { continue };
            let archive = program.archive()?;
            match room.checked_sub(archive.len()) {
                Some(less) => {
                    room = less;
                    file.add(&program_file(number), &archive);
                }
                None => left_out += 1,
            }
        }
        if left_out > 0 {
            lab.progress
                .note(&format!("the record has no room for the runs of {left_out} programs"));
        }
        Ok(file)
    }

    fn new(lab: &Lab<'_>, machine: &Machine, command: Command) -> RecordFile {
        let Maker { lab, kernel, qemu } = Maker::here(lab, machine);
        let about = About { format: FORMAT, lab, kernel, qemu, command, ended: None, failed: None };
        RecordFile { about, files: BTreeMap::new() }
    }

    fn add(&mut self, name: &str, bytes: &[u8]) {
        self.files.insert(name.to_owned(), bytes.to_owned());
    }

    fn add_returned(&mut self, machine: &Machine, returned: &Returned) -> Result<(), Error> {
        let Returned { job, modules, record, log, registers, booted, elapsed } = returned;
        let elapsed_ms = elapsed.as_millis() as u64;
        self.about.ended = Some(Ended { job: job.clone(), booted: *booted, elapsed_ms });
        self.add(RECORD, record);
        self.add(LOG, log.as_bytes());
        self.add(REGISTERS, registers.as_bytes());
        // Only a trace has addresses.
        if !job.trace.is_empty() {
            self.add(SYSTEM_MAP, &fs_err::read(&machine.kernel.system_map)?);
            for (name, elf) in modules {
                self.add(&format!("{MODULES}{name}.ko"), elf);
            }
        }
        Ok(())
    }

    /// Adds what the run's page shows besides it.
    pub fn with(mut self, background: &Background) -> io::Result<RecordFile> {
        self.add(BACKGROUND, &serde_json::to_vec(background)?);
        Ok(self)
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        whole::write(path, &self.archive()?)
    }

    fn archive(&self) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        let about = serde_json::to_vec_pretty(&self.about)?;
        let about = (ABOUT, about.as_slice());
        let files = self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        for (name, bytes) in std::iter::once(about).chain(files) {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            archive.append_data(&mut header, name, bytes)?;
        }
        archive.into_inner()
    }
}
