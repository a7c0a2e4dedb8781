//! Reads records, which may come from a stranger.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use story::lesson::{self, Lesson};
use trace::Symbols;
use trace::record::entries;

use super::about::{
    ABOUT, About, BACKGROUND, Command, EXERCISE, Ended, FORMAT, LOG, MEMORY, MODULES, OUTPUT,
    PROGRAMS, RECORD, REGISTERS, RecordFileError, SYSTEM_MAP, Told, Unjudged, Version,
    program_file,
};
use crate::error::Error;
use crate::exec::remains::Fallen;
use crate::exec::{Executed, Output, Ran};
use crate::exercise::attempt::Attempt;
use crate::exercise::marks::Marks;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, Texts};
use crate::maker::Maker;
use crate::pages::Background;
use crate::plan::{Options, Plan};
use crate::returned::{Elves, Returned};
use crate::run::{Observed, Run};
use crate::tested::Document;

/// The maximum length of a file, bytes. What a machine sends is at most 32 MiB.
const MOST: u64 = 128 << 20;
/// The maximum size of a trace's ring buffer, KiB. Reading a trace takes memory in
/// proportion to it.
const MOST_TRACE_KIB: u32 = 8 << 10;

/// Why a file without a run and without a reason is refused.
const NO_RUN: &str = "it has no run";

/// A record that was read from its file.
#[derive(Debug)]
pub struct Opened {
    /// What the file is a record of, as a line for people.
    pub title: String,
    /// What made the run.
    pub maker: Maker,
    /// What the run's page shows besides it.
    pub background: Background,
    /// The functions of the kernel.
    pub kernel: Symbols,
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
                (what, run(&symbols, Plan::new(lesson, options), returned, failed)?)
            }
            Command::Check { lesson, options, seed, unjudged, warnings, line } => {
                let lesson = files.lesson(&lesson)?;
                let what = format!("check {}", lesson.name);
                let exercise = Exercise::of_texts(&lesson, Seed(seed), &files.texts()?);
                let exercise = exercise.map_err(said)?;
                let attempt = attempt(&symbols, &exercise, options, returned, unjudged, warnings)?;
                let attempt = Box::new(Attempt { line, ..attempt });
                (what, Content::Check { exercise: Box::new(exercise), attempt })
            }
            Command::Exec { left, output_is_cut } => {
                let ran = returned.map(|returned| files.ran(returned, left, output_is_cut));
                let ran = ran.transpose()?;
                let session = ran.as_ref().and_then(|ran| ran.returned.job.session.as_ref());
                let what = format!("exec {}", session.map_or("", |session| &session.argv0));
                (what, exec(&symbols, ran, failed)?)
            }
            Command::Suite { results } => {
                let archives = results.tests.iter().enumerate().filter_map(|(number, test)| {
                    Some((test.name.clone(), files.get(&program_file(number))?.to_vec()))
                });
                let programs = archives.collect();
                ("suite".to_owned(), Content::Suite { results, programs })
            }
        };
        let background = files.get(BACKGROUND).map(serde_json::from_slice).transpose();
        let background = background.map_err(said)?.unwrap_or_default();
        let title = format!("`{}` by upcall {lab}: Linux {kernel}, {qemu}", what.trim_end());
        Ok(Opened {
            title,
            maker: Maker { lab, kernel, qemu },
            background,
            kernel: symbols,
            content,
        })
    }
}

/// What a lesson's run showed. The machine's job replaces the plan's, which has another
/// nonce.
fn run(
    symbols: &Symbols,
    mut plan: Plan,
    returned: Option<Returned>,
    failed: Option<Told>,
) -> Result<Content, String> {
    let run = match (returned, failed) {
        (Some(returned), _) => {
            plan.job = returned.job.clone();
            let observed = Observed::read(&plan, symbols, returned).map_err(said)?;
            Ok(Box::new(Run::judge(&plan, observed)))
        }
        (None, Some(told)) => Err(told.into()),
        (None, None) => return Err(NO_RUN.to_owned()),
    };
    Ok(Content::Run { plan: Box::new(plan), run })
}

fn attempt(
    symbols: &Symbols,
    exercise: &Exercise,
    options: Options,
    returned: Option<Returned>,
    unjudged: Option<Unjudged>,
    warnings: Option<String>,
) -> Result<Attempt, String> {
    match (returned, unjudged) {
        (_, Some(Unjudged { ending, compiler, log })) => {
            let marks = Marks::none(exercise, ending);
            Ok(Attempt { marks, observed: None, compiler, warnings: None, log, line: None })
        }
        (Some(returned), None) => {
            let plan = exercise.plan(options);
            let observed = Observed::read(&plan, symbols, returned).map_err(said)?;
            Ok(Attempt::of_run(exercise, observed, warnings))
        }
        (None, None) => Err(NO_RUN.to_owned()),
    }
}

fn exec(symbols: &Symbols, ran: Option<Ran>, failed: Option<Told>) -> Result<Content, String> {
    let executed = match (ran, failed) {
        (Some(ran), None) => {
            let (executed, _) = Executed::read(symbols, ran).map_err(said)?;
            Ok(Box::new(executed))
        }
        (Some(ran), Some(told)) => {
            let (trace, error) = (ran.cut_off(symbols), told.into());
            Err(Fallen { error, trace, ran }.into())
        }
        (None, Some(told)) => Err(told.into()),
        (None, None) => return Err(NO_RUN.to_owned()),
    };
    Ok(Content::Exec { executed })
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

fn is_known(name: &str) -> bool {
    let fixed =
        [ABOUT, RECORD, LOG, REGISTERS, OUTPUT, MEMORY, BACKGROUND, SYSTEM_MAP, lesson::FILE];
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

    fn ran(&self, returned: Returned, left: bool, output_is_cut: bool) -> Result<Ran, String> {
        let output = Output::decode(self.get(OUTPUT).unwrap_or_default(), output_is_cut);
        let memory = self.get(MEMORY).map(<[u8]>::to_vec);
        Ok(Ran { returned, output: output.map_err(said)?, left, memory })
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
