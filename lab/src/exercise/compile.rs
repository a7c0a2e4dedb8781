//! Compiles everything that a submission's run needs.
//!
//! A student's file is compiled alone and directly by the compiler, so no manifest, build
//! script or other file of the student has any effect. Cargo has compiled the crates that
//! it may use before, from the lab's own sources.

mod blame;
mod crates;
mod error;
mod harness;
mod module;
mod program;

use std::path::{Path, PathBuf};

use builder::cache::Cache;
use builder::guest::payload::PayloadFile;
use builder::kernel::Kernel;
use builder::progress::Progress;
use fs_err as fs;
use protocol::GuestFile;

use blame::Source;
pub use error::CompileError;

use super::{Exercise, Sample, StudentFile};

/// The compiled program's file in its cache entry.
const PROGRAM: &str = "student";

/// The crate that starts a student's program.
pub const STUDENT: &str = "guest-programs/student";

/// Like the flags of [`builder::guest::programs::build`], but for fast compilation, because a student
/// waits.
const FLAGS: &[&str] = &["--edition=2024", "-Copt-level=1", "-Cstrip=symbols"];

/// Compiles things for exercises.
pub struct Compiler<'a> {
    /// The tree that contains the lessons.
    pub root: &'a Path,
    pub cache: &'a Cache,
    pub progress: &'a dyn Progress,
}

impl Compiler<'_> {
    /// Compiles a student's file. Returns the files for the payload, programs and modules
    /// separately.
    pub fn submission(
        &self,
        exercise: &Exercise,
        path: &Path,
        text: &str,
        kernel: &Kernel,
    ) -> Result<Compiled, CompileError> {
        let harness = self.harness(exercise)?;
        let mut programs = vec![PayloadFile { guest: GuestFile::HARNESS, host: harness }];
        let mut modules = Vec::new();
        let warnings = match &exercise.file {
            StudentFile::Program { .. } => {
                let right = exercise.sample(&Sample::Solution);
                let source = Source { path, text, right: &right };
                let Built { host, warnings } = self.program(source, &self.crates(exercise)?)?;
                programs.push(PayloadFile { guest: GuestFile::STUDENT, host });
                warnings
            }
            StudentFile::Module { .. } => {
                let (file, warnings) = self.student_module(exercise, path, text, kernel)?;
                modules.push(file);
                warnings
            }
        };
        Ok(Compiled { programs, modules, warnings })
    }
}

/// The files in the payload of a run.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub programs: Vec<PayloadFile>,
    pub modules: Vec<PayloadFile>,
    /// What the compiler said about the student's file although it accepted it.
    pub warnings: Option<String>,
}

/// A student's compiled file.
struct Built {
    host: PathBuf,
    warnings: Option<String>,
}

impl Built {
    /// Reads what is in a cache entry. Messages call the student's file `path`.
    fn read(entry: &Path, file: &str, path: &Path) -> Result<Built, CompileError> {
        let warnings = fs::read_to_string(entry.join(WARNINGS))?;
        let warnings = warnings.replace(ITS_FILE, &path.display().to_string());
        let warnings = Some(warnings).filter(|warnings| !warnings.trim().is_empty());
        Ok(Built { host: entry.join(file), warnings })
    }
}

/// Keeps a compiler's output in a cache entry. The entry is the same for every student, so
/// their file is named by [`ITS_FILE`].
fn write_warnings(entry: &Path, output: &str, path: &Path) -> Result<(), CompileError> {
    let output = output.replace(&path.display().to_string(), ITS_FILE);
    Ok(fs::write(entry.join(WARNINGS), output)?)
}

/// The file in a cache entry with the compiler's output.
const WARNINGS: &str = "warnings.txt";

/// The student's file in [`WARNINGS`]. No compiler prints this.
const ITS_FILE: &str = "\u{1}";

/// The folder of a program's source, as it appears in the compiled program.
pub const NAMELESS: &str = "submission";

/// The file in that folder where a program begins.
pub const MAIN: &str = "main.rs";
