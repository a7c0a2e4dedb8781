//! A record that outlives its run: one file with everything that is needed to look at the
//! run again, on another host and without anything that the lab builds.
//!
//! The file is a tar archive, so `tar tf` shows what is in it: `about.json`, what the
//! machine sent, as it came, and what gives it its meaning. That is the lesson's
//! declaration, and names and addresses of the kernel's functions.
//!
//! A file may come from a stranger. It is read as carefully as what a machine sent.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use builder::host::version_line;
use explain::{ExitStatus, Explain};
use host::QEMU;
use process::interrupt;
use protocol::Job;
use serde::{Deserialize, Serialize};
use story::lesson::{self, Lesson};
use trace::Symbols;
use trace::record::entries;
use vm::VmError;

use crate::error::Error;
use crate::exec::remains::Fallen;
use crate::exec::{Executed, Output, Ran};
use crate::exercise::attempt::Attempt;
use crate::exercise::ending::Ending;
use crate::exercise::marks::Marks;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, Texts};
use crate::plan::{Options, Plan};
use crate::returned::{Elves, Returned};
use crate::run::{Lab, Machine, Observed, Run};
use crate::tested::{Document, Outcome};
use crate::whole;

/// The version of this format.
const FORMAT: u32 = 1;
/// The version of the lab.
const LAB: &str = env!("CARGO_PKG_VERSION");

/// The maximum length of a file, bytes. What a machine sends is at most 32 MiB.
const MOST: u64 = 128 << 20;
/// The maximum size of a trace's ring buffer, KiB. Reading a trace takes memory in
/// proportion to it.
const MOST_TRACE_KIB: u32 = 8 << 10;

const ABOUT: &str = "about.json";
const RECORD: &str = "record.tar";
const LOG: &str = "kernel.log";
const REGISTERS: &str = "registers.log";
const OUTPUT: &str = "output";
const MEMORY: &str = "memory";
const SYSTEM_MAP: &str = "System.map";
/// The folder of modules.
const MODULES: &str = "modules/";
/// The folder of an exercise's declaration.
const EXERCISE: &str = "exercise/";
/// The folder of the records of a suite's programs, by their number.
const PROGRAMS: &str = "programs/";
/// The most that the records of a suite's programs may take, bytes.
const MOST_PROGRAMS: usize = 100 << 20;

/// What `about.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    format: u32,
    /// The version of the lab that wrote the file.
    lab: String,
    /// The release of the machine's kernel.
    kernel: String,
    /// The first line of QEMU's version output.
    qemu: String,
    command: Command,
    /// What the machine was given. Absent if it did not end properly.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
    /// Why there is no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Told>,
}

/// The part of `about.json` that every version has.
#[derive(Deserialize)]
struct Version {
    format: u32,
    lab: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Command {
    Run { lesson: String, options: Options },
    Check { lesson: String, options: Options, seed: u64, unjudged: Option<Unjudged> },
    Exec { left: bool, output_is_cut: bool },
    Suite { results: Document },
}

/// Why a submission has no run to judge.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unjudged {
    ending: Ending,
    compiler: Option<String>,
    log: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    job: Job,
    booted: bool,
    elapsed_ms: u64,
}

/// An error about a machine, as it was shown.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{message}")]
pub struct Told {
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

impl Explain for Told {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn details(&self) -> Option<&str> {
        self.details.as_deref()
    }
}

impl Told {
    /// `None` if the error is not about a run: nothing ran, or a person ended it.
    fn of(error: &Error) -> Option<Told> {
        let is_about_a_run = error.exit_status() == ExitStatus::Vm && interrupt::signal().is_none();
        is_about_a_run.then(|| Told {
            message: error.to_string(),
            details: error.details().map(str::to_owned),
            hint: error.hint(),
        })
    }
}

/// Why a file cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RecordFileError {
    /// The error names the file.
    #[error(transparent)]
    Open(#[from] io::Error),
    #[error("`{}` is no record of this lab: {reason}", path.display())]
    NotOne { path: PathBuf, reason: String },
    #[error(
        "`{}` is a record in format {found}, by upcall {lab}, but this lab, upcall {LAB}, reads \
         format {FORMAT}",
        path.display()
    )]
    Format { path: PathBuf, found: u32, lab: String },
    #[error(
        "`{}`, a record by upcall {lab}, makes no sense to this lab, upcall {LAB}: {reason}",
        path.display()
    )]
    Unreadable { path: PathBuf, lab: String, reason: String },
    #[error("a record of `{command}` has neither a story nor scenes")]
    NoStory { command: &'static str },
    #[error("`{}` has no record of a program `{name}`", path.display())]
    NoProgram { path: PathBuf, name: String },
}

impl Explain for RecordFileError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            RecordFileError::Open(_) => ExitStatus::Build,
            _ => ExitStatus::Usage,
        }
    }
}

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
        let command = Command::Run { lesson, options: plan.options };
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
        let command = Command::Check { lesson, options, seed, unjudged };
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
        let (ran, failed) = match executed {
            Ok(executed) => (Some(&executed.ran), None),
            Err(error) => {
                let Some(told) = Told::of(error) else { return Ok(None) };
                (error.downcast_ref().map(|fallen: &Fallen| &fallen.ran), Some(told))
            }
        };
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
        let about = About {
            format: FORMAT,
            lab: LAB.to_owned(),
            kernel: machine.kernel.release.clone(),
            qemu: version_line(&lab.cache, QEMU).unwrap_or_default(),
            command,
            ended: None,
            failed: None,
        };
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

/// A record that was read from its file.
#[derive(Debug)]
pub struct Opened {
    /// What the file is a record of, as a line for people.
    pub title: String,
    pub content: Content,
}

/// The content of a record's file.
#[derive(Debug)]
pub enum Content {
    /// Of `run`.
    Run { plan: Box<Plan>, run: Result<Box<Run>, Error> },
    /// Of `check`.
    Check { exercise: Box<Exercise>, attempt: Box<Attempt> },
    /// Of `exec`.
    Exec { executed: Result<Box<Executed>, Error> },
    /// Of `suite`: its results, and the archives of its programs' records, by name.
    Suite { results: Document, programs: BTreeMap<String, Vec<u8>> },
}

impl Opened {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Opened, RecordFileError> {
        Opened::of_archive(path, &take(path)?)
    }

    /// Reads the record of a suite's program. `path` is the suite's file.
    pub fn program(&self, path: &Path, name: &str) -> Result<Opened, RecordFileError> {
        let archive = match &self.content {
            Content::Suite { programs, .. } => programs.get(name),
            _ => None,
        };
        let none = || RecordFileError::NoProgram { path: path.to_owned(), name: name.to_owned() };
        Opened::of_archive(path, archive.ok_or_else(none)?)
    }

    fn of_archive(path: &Path, archive: &[u8]) -> Result<Opened, RecordFileError> {
        let not_one = |reason: String| not_one(path, reason);
        let files = entries(archive, |name| is_known(name).then_some(MOST))
            .map_err(|error| not_one(error.to_string()))?;
        let about = files.get(ABOUT).ok_or_else(|| not_one(format!("it has no `{ABOUT}`")))?;
        let Version { format, lab } =
            serde_json::from_slice(about).map_err(|error| not_one(error.to_string()))?;
        if format != FORMAT {
            return Err(RecordFileError::Format { path: path.to_owned(), found: format, lab });
        }
        Opened::of_files(about, &Files(&files)).map_err(|reason| {
            // The first line says what, and the others where.
            let reason = reason.lines().next().unwrap_or_default().trim_end_matches(':').to_owned();
            RecordFileError::Unreadable { path: path.to_owned(), lab, reason }
        })
    }

    fn of_files(about: &[u8], files: &Files<'_>) -> Result<Opened, String> {
        let About { lab, kernel, qemu, command, ended, failed, .. } =
            serde_json::from_slice(about).map_err(said)?;
        let returned = ended.map(|ended| files.returned(ended)).transpose()?;
        let system_map = files.text(SYSTEM_MAP).unwrap_or_default();
        let symbols = Symbols::parse(&system_map).map_err(said)?;
        let (what, content) = match command {
            Command::Run { lesson, options } => {
                let lesson = files.lesson(&lesson)?;
                let what = format!("run {}", lesson.name);
                let mut plan = Plan::new(lesson, options);
                let run = match (returned, failed) {
                    (Some(returned), _) => {
                        plan.job = returned.job.clone();
                        let observed = Observed::read(&plan, &symbols, returned).map_err(said)?;
                        Ok(Box::new(Run::judge(&plan, observed)))
                    }
                    (None, Some(told)) => Err(told.into()),
                    (None, None) => return Err("it has no run".to_owned()),
                };
                (what, Content::Run { plan: Box::new(plan), run })
            }
            Command::Check { lesson, options, seed, unjudged } => {
                let lesson = files.lesson(&lesson)?;
                let what = format!("check {}", lesson.name);
                let exercise = Exercise::of_texts(&lesson, Seed(seed), &files.texts()?);
                let exercise = exercise.map_err(said)?;
                let attempt = match (returned, unjudged) {
                    (_, Some(Unjudged { ending, compiler, log })) => {
                        let marks = Marks::unjudged(&exercise, ending);
                        Attempt { marks, observed: None, compiler, log }
                    }
                    (Some(returned), None) => {
                        let plan = exercise.plan(options);
                        let observed = Observed::read(&plan, &symbols, returned).map_err(said)?;
                        Attempt::of_run(&exercise, observed)
                    }
                    (None, None) => return Err("it has no run".to_owned()),
                };
                let (exercise, attempt) = (Box::new(exercise), Box::new(attempt));
                (what, Content::Check { exercise, attempt })
            }
            Command::Exec { left, output_is_cut } => {
                let ran = match returned {
                    None => None,
                    Some(returned) => {
                        let output = files.get(OUTPUT).unwrap_or_default();
                        let output = Output::decode(output, output_is_cut).map_err(said)?;
                        let memory = files.get(MEMORY).map(<[u8]>::to_vec);
                        Some(Ran { returned, output, left, memory })
                    }
                };
                let session = ran.as_ref().and_then(|ran| ran.returned.job.session.as_ref());
                let what = format!("exec {}", session.map_or("", |session| &session.argv0));
                let executed = match (ran, failed) {
                    (Some(ran), None) => {
                        let (executed, _) = Executed::read(&symbols, ran).map_err(said)?;
                        Ok(Box::new(executed))
                    }
                    (Some(ran), Some(told)) => {
                        let (trace, error) = (ran.cut_off(&symbols), told.into());
                        Err(Fallen { error, trace, ran }.into())
                    }
                    (None, Some(told)) => Err(told.into()),
                    (None, None) => return Err("it has no run".to_owned()),
                };
                (what, Content::Exec { executed })
            }
            Command::Suite { results } => {
                let archives = results.tests.iter().enumerate().filter_map(|(number, test)| {
                    Some((test.name.clone(), files.get(&program_file(number))?.to_vec()))
                });
                let programs = archives.collect();
                ("suite".to_owned(), Content::Suite { results, programs })
            }
        };
        let title = format!("`{}` by upcall {lab}: Linux {kernel}, {qemu}", what.trim_end());
        Ok(Opened { title, content })
    }
}

/// Reads a whole file that is not too long.
fn take(path: &Path) -> Result<Vec<u8>, RecordFileError> {
    let not_one = |reason| not_one(path, reason);
    // Opening a pipe would wait.
    if !fs_err::metadata(path)?.is_file() {
        return Err(not_one("it is no plain file".to_owned()));
    }
    let mut archive = Vec::new();
    let file: File = fs_err::File::open(path)?.into_parts().0;
    file.take(MOST + 1).read_to_end(&mut archive)?;
    if archive.len() as u64 > MOST {
        return Err(not_one(format!("it is longer than {} MiB", MOST >> 20)));
    }
    Ok(archive)
}

fn not_one(path: &Path, reason: String) -> RecordFileError {
    RecordFileError::NotOne { path: path.to_owned(), reason }
}

/// The file with the record of a suite's program, of which the first has the number 0.
fn program_file(number: usize) -> String {
    format!("{PROGRAMS}{number}.record")
}

fn is_known(name: &str) -> bool {
    let fixed = [ABOUT, RECORD, LOG, REGISTERS, OUTPUT, MEMORY, SYSTEM_MAP, lesson::FILE];
    fixed.contains(&name)
        || [MODULES, EXERCISE, PROGRAMS].iter().any(|folder| name.starts_with(folder))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The files of an archive.
struct Files<'a>(&'a BTreeMap<String, &'a [u8]>);

impl Files<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).copied()
    }

    fn text(&self, name: &str) -> Option<String> {
        Some(String::from_utf8_lossy(self.get(name)?).into_owned())
    }

    fn returned(&self, ended: Ended) -> Result<Returned, String> {
        let Ended { job, booted, elapsed_ms } = ended;
        if job.trace_buffer_kib > MOST_TRACE_KIB {
            return Err(format!("its trace may have {} KiB", job.trace_buffer_kib));
        }
        let modules = self.0.iter().filter_map(|(name, bytes)| {
            Some((name.strip_prefix(MODULES)?.strip_suffix(".ko")?.to_owned(), bytes.to_vec()))
        });
        Ok(Returned {
            job,
            modules: modules.collect::<Elves>(),
            record: self.get(RECORD).ok_or("it has no record")?.to_vec(),
            log: self.text(LOG).unwrap_or_default(),
            registers: self.text(REGISTERS).unwrap_or_default(),
            booted,
            elapsed: Duration::from_millis(elapsed_ms),
        })
    }

    fn lesson(&self, name: &str) -> Result<Lesson, String> {
        let text = self.text(lesson::FILE).ok_or("it has no lesson")?;
        Lesson::parse(Path::new(name), &text).map_err(said)
    }

    /// The files of an exercise's declaration.
    fn texts(&self) -> Result<Texts, String> {
        let ours =
            self.0.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(EXERCISE)?, bytes)));
        ours.map(|(name, bytes)| {
            let text = String::from_utf8(bytes.to_vec()).map_err(said)?;
            Ok((name.to_owned(), text))
        })
        .collect()
    }
}
