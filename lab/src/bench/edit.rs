//! Measures a student's edit of an exercise, until the verdict.
//!
//! The edits are made in a temporary folder, with a cache that shares built parts with
//! the real one. So neither `work/` nor the real cache changes.

use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;
use process::Temporary;

use super::process::Process;
use crate::classroom::Work;
use crate::error::Error;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, Sample};
use crate::run::Lab;

/// A student's folder, and a cache for what is compiled from it.
pub struct Desk {
    work: Temporary,
    cache: Temporary,
}

/// The kinds of parts that are built before a student comes.
const SHARED: &[&str] = &[
    "kernel",
    "kernel-source",
    "initramfs",
    "checkpoints",
    "versions",
    "programs",
    "kmods",
    "crates",
];

impl Desk {
    pub fn new(lab: &Lab<'_>) -> Result<Desk, Error> {
        let (work, cache) = (Temporary::new()?, Temporary::new()?);
        lab.cache.sharing(cache.path().join("upcall"), SHARED)?;
        Ok(Desk { work, cache })
    }

    /// Puts the solution of a lesson's exercise on the desk, so that the verdict is
    /// success. Returns the file.
    pub fn solution(&self, lab: &Lab<'_>, lesson: &str) -> Result<PathBuf, Error> {
        let exercise = Exercise::read(&lab.course.find(lesson)?, Seed::default())?;
        let work = Work::at(self.work.path().to_owned());
        work.start(&exercise)?;
        let file = work.file(&exercise);
        fs::write(&file, exercise.sample(&Sample::Solution))?;
        Ok(file)
    }

    /// The student's folder.
    pub fn work(&self) -> &Path {
        self.work.path()
    }

    /// The command line, run at this desk.
    pub fn process(&self, xtask: &Path, args: &[&str]) -> Process {
        let work = self.work.path().to_string_lossy();
        let args: Vec<&str> = ["--work", work.as_ref()].iter().chain(args).copied().collect();
        Process::new(xtask, &args).env("XDG_CACHE_HOME", self.cache.path())
    }
}

/// Edits a source file. Each edit adds a different comment, so that the file must be
/// compiled again but means the same.
pub fn touch(file: &Path, round: usize) -> Result<(), Error> {
    let mut file = fs::OpenOptions::new().append(true).open(file)?;
    Ok(writeln!(file, "/* edit {round} */")?)
}
