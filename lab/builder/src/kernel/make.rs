//! Runs the kernel's make.

use fs_err::File;
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use process::{Command, stream};

use super::{KernelError, Options};
use crate::progress::{Progress, Stage};

/// About how many files a build compiles. Counting them first would take seconds. If
/// there are more, the progress only stays at its end for a while.
const OBJECTS: u64 = 854;

/// Replaces the time, user and host that a kernel records about its build, so that the
/// same inputs give the same bytes.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 2026"),
    ("KBUILD_BUILD_USER", "upcall"),
    ("KBUILD_BUILD_HOST", "upcall"),
    ("KBUILD_BUILD_VERSION", "1"),
    // Sets the language of messages and the sort order.
    ("LC_ALL", "C"),
];

/// A build under way.
pub struct Make<'a> {
    pub source: &'a Path,
    /// The folder for all output. The source is never changed.
    pub build: &'a Path,
    pub options: &'a Options,
    /// The file for make's whole output.
    pub log: PathBuf,
    pub progress: &'a dyn Progress,
    stage: Stage<'a>,
    compiled: Cell<u64>,
    file: RefCell<File>,
}

/// The complete environment of make, for the kernel and for modules. Variables such as
/// ARCH, CC, MAKEFLAGS or KCPPFLAGS would change the result. A blank in the path of the
/// folder for temporary files breaks a kernel build, so `temporary` replaces it.
pub fn environment(temporary: &Path) -> impl Iterator<Item = (&'static str, OsString)> {
    let path = std::env::var_os("PATH").map(|path| ("PATH", path));
    let others = ENVIRONMENT.map(|(name, value)| (name, value.into()));
    path.into_iter().chain([("TMPDIR", temporary.into())]).chain(others)
}

/// Text about the way of building that affects a kernel, for its key.
pub fn identity() -> String {
    ENVIRONMENT.map(|(name, value)| format!("{name}={value}")).join("\n")
}

impl<'a> Make<'a> {
    /// Begins a build and empties its log file.
    pub fn new(
        source: &'a Path,
        build: &'a Path,
        options: &'a Options,
        log: PathBuf,
        progress: &'a dyn Progress,
    ) -> Result<Make<'a>, KernelError> {
        let file = File::create(&log)?;
        let (compiled, file) = (Cell::new(0), RefCell::new(file));
        let stage = progress.begin("kernel", Some(OBJECTS));
        Ok(Make { source, build, options, log, progress, stage, compiled, file })
    }

    /// Makes targets. Each compiled file is a step of progress.
    pub fn run(&self, targets: &[&str]) -> Result<(), KernelError> {
        let mut command = Command::new("make");
        command
            .arg(format!("--jobs={}", self.options.jobs.max(1)))
            .arg("-C")
            .arg(self.source)
            .arg(format!("O={}", self.build.display()))
            .args(self.options.compiler.make_variable())
            .args(targets)
            .env_clear()
            .envs(environment(self.build));
        let (status, tail) =
            stream(command, |line| self.line(line)).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => {
                    KernelError::Start { program: "make".to_owned(), source }
                }
                _ => source.into(),
            })?;
        if status.success() {
            return Ok(());
        }
        let (target, log, tail) = (targets.join(" "), self.log.clone(), tail.text());
        Err(KernelError::Make { target, status, log, tail })
    }

    fn line(&self, line: &str) -> std::io::Result<()> {
        writeln!(self.file.borrow_mut(), "{line}")?;
        // A quiet build prints a verb of up to seven letters and a file.
        if let Some(file) = line.strip_prefix("  CC      ") {
            let done = (self.compiled.get() + 1).min(OBJECTS);
            self.compiled.set(done);
            self.stage.step(done, file);
        }
        Ok(())
    }
}
