//! A record that outlives its run: one file with everything that is needed to look at the
//! run again, on another host and without anything that the lab builds.
//!
//! The file is a tar archive, so `tar tf` shows what is in it: `about.json`, what the
//! machine sent, as it came, and what gives it its meaning. That is the lesson's
//! declaration, and names and addresses of the kernel's functions.
//!
//! A file may come from a stranger. It is read as carefully as what a machine sent.

mod read;
mod write;

use std::io;
use std::path::PathBuf;

use explain::{ExitStatus, Explain};
use process::interrupt;
use protocol::Job;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::exercise::ending::Ending;
use crate::plan::Options;
use crate::tested::Document;

pub use read::{Content, Opened};
pub use write::RecordFile;

/// The version of this format.
const FORMAT: u32 = 1;
/// The version of the lab.
const LAB: &str = env!("CARGO_PKG_VERSION");

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

/// The file with the record of a suite's program, of which the first has the number 0.
fn program_file(number: usize) -> String {
    format!("{PROGRAMS}{number}.record")
}
