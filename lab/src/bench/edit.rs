//! A person edits one file of a lesson and wants its verdict.
//!
//! The edits are made in a copy of the course, with a cache that shares the
//! kernel and the checkpoint with the real one: neither tracked files nor the
//! cache have anything of it in the end. What is measured is what `check` does
//! with an exercise: compile one changed file, run the lesson.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xshell::{Shell, cmd};

use super::process::Process;
use super::{BenchError, temporary};
use crate::course::Course;
use crate::error::Error;
use crate::run::Lab;

/// A copy of the course, to be edited.
pub struct Copy {
    folder: TempDir,
    cache: TempDir,
    course: Course,
}

/// Everything that the workspace's manifest names, and the lessons' modules.
const PARTS: &[&str] = &["Cargo.toml", "Cargo.lock", "guest-programs", "kmods", "lab", "xtask"];

/// What was built of the course as it is.
const SHARED: &[&str] =
    &["kernel", "kernel-source", "initramfs", "checkpoints", "versions", "programs", "kmods"];

impl Copy {
    pub fn new(lab: &Lab<'_>) -> Result<Copy, Error> {
        let (folder, cache) = (temporary()?, temporary()?);
        let path = folder.path();
        let parts = || -> Result<(), xshell::Error> {
            let sh = Shell::new()?;
            sh.change_dir(&lab.course.root);
            cmd!(sh, "cp --recursive {PARTS...} {path}").quiet().run()?;
            // Without the builds of its miniature course.
            sh.create_dir(path.join("tests"))?;
            cmd!(sh, "cp --recursive tests/Cargo.toml tests/src {path}/tests").quiet().run()
        };
        parts().map_err(BenchError::Copy)?;
        let course = Course::open(path)?;
        lab.cache.sharing(cache.path().join("upcall"), SHARED)?;
        Ok(Copy { folder, cache, course })
    }

    /// The source file of a lesson's program.
    pub fn program(&self, lesson: &str) -> Result<PathBuf, Error> {
        Ok(self.course.find(lesson)?.folder.join("src/main.rs"))
    }

    /// The source file of a lesson's first module that has one of its name.
    pub fn module(&self, lesson: &str) -> Result<PathBuf, Error> {
        let lesson = self.course.find(lesson)?;
        let source = |kmod: &String| {
            let folder = self.folder.path().join("kmods").join(kmod);
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            // The build leaves nothing in the tree: what ends in .c was written.
            files.map(|file| file.path()).find(|path| path.extension().is_some_and(|e| e == "c"))
        };
        let file = lesson.kmods.iter().find_map(source);
        Ok(file.ok_or_else(|| BenchError::File {
            verb: "find a module of",
            path: lesson.folder,
            source: std::io::ErrorKind::NotFound.into(),
        })?)
    }

    /// The command line, on the copy.
    pub fn process(&self, xtask: &Path, args: &[&str]) -> Process {
        let course = self.folder.path().to_string_lossy();
        let args: Vec<&str> = ["--course", course.as_ref()].iter().chain(args).copied().collect();
        Process::new(xtask, &args).env("XDG_CACHE_HOME", self.cache.path())
    }
}

/// Edits a source file: another comment each time, so that it has to be
/// compiled and means the same.
pub fn touch(file: &Path, round: usize) -> Result<(), Error> {
    std::fs::OpenOptions::new()
        .append(true)
        .open(file)
        .and_then(|mut file| writeln!(file, "/* edit {round} */"))
        .map_err(|source| Error::File { verb: "write", path: file.to_owned(), source })
}
