//! What a record's file says about itself, the names of the files in it, and what can be
//! wrong with it.

use std::io;
use std::path::PathBuf;

use explain::{ExitStatus, Explain};
use process::interrupt;
use protocol::Job;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::exercise::ending::Ending;
use crate::maker::LAB;
use crate::plan::Options;
use crate::tested::Document;

/// The version of this format.
pub(super) const FORMAT: u32 = 1;

pub(super) const ABOUT: &str = "about.json";
pub(super) const RECORD: &str = "record.tar";
pub(super) const LOG: &str = "kernel.log";
pub(super) const REGISTERS: &str = "registers.log";
pub(super) const OUTPUT: &str = "output";
pub(super) const MEMORY: &str = "memory";
/// What a page shows besides the run.
pub(super) const BACKGROUND: &str = "background.json";
pub(super) const SYSTEM_MAP: &str = "System.map";
/// The folder of modules.
pub(super) const MODULES: &str = "modules/";
/// The folder of an exercise's declaration.
pub(super) const EXERCISE: &str = "exercise/";
/// The folder of the records of a suite's programs, by their number.
pub(super) const PROGRAMS: &str = "programs/";

/// What `about.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub format: u32,
    /// The version of the lab that wrote the file.
    pub lab: String,
    /// The release of the machine's kernel.
    pub kernel: String,
    /// The first line of QEMU's version output.
    pub qemu: String,
    pub command: Command,
    /// What the machine was given. Absent if it did not end properly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Why there is no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Told>,
}

/// The part of `about.json` that every version has.
#[derive(Deserialize)]
pub(super) struct Version {
    pub format: u32,
    pub lab: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Command {
    Run {
        lesson: String,
        options: Options,
    },
    Check {
        lesson: String,
        options: Options,
        seed: u64,
        unjudged: Option<Unjudged>,
        /// What the compiler printed about a file that it accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        warnings: Option<String>,
        /// See [`Attempt::line`](crate::exercise::attempt::Attempt::line).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
    },
    Exec {
        left: bool,
        output_is_cut: bool,
    },
    Suite {
        results: Document,
    },
}

/// Why a submission has no run to judge.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unjudged {
    pub ending: Ending,
    pub compiler: Option<String>,
    pub log: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    pub job: Job,
    pub booted: bool,
    pub elapsed_ms: u64,
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
    pub(super) fn of(error: &Error) -> Option<Told> {
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
    #[error("a record of `{command}` has no story, no scenes and no facts of a lesson")]
    NoStory { command: &'static str },
    #[error("this record of `{command}` is shown without a timeline")]
    NoTimeline { command: &'static str },
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
pub(super) fn program_file(number: usize) -> String {
    format!("{PROGRAMS}{number}.record")
}
