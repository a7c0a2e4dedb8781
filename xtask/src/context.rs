//! What every command is given.

use std::io::IsTerminal;
use std::path::PathBuf;

use lab::cache::Cache;
use lab::classroom::Work;
use lab::course::Course;
use lab::error::Error;
use lab::host::{self, InstallPolicy};
use lab::kernel;
use lab::run::Lab;

use crate::ui::{self, Ui};

pub struct Context {
    no_install: bool,
    kernel_source: Option<PathBuf>,
    course: PathBuf,
    work: Option<PathBuf>,
    pub ui: Ui,
}

impl Context {
    pub fn new(
        no_install: bool,
        kernel_source: Option<PathBuf>,
        course: Option<PathBuf>,
        work: Option<PathBuf>,
    ) -> Context {
        // Absolute, because cargo and make run in other folders. One that is not
        // there is named when it is opened.
        let course = course.unwrap_or_else(lab::root);
        let course = course.canonicalize().unwrap_or(course);
        Context { no_install, kernel_source, course, work, ui: Ui::new() }
    }

    pub fn course(&self) -> Result<Course, Error> {
        Ok(Course::open(&self.course)?)
    }

    /// Where the student's own files are.
    pub fn work(&self) -> Result<Work, Error> {
        Ok(match &self.work {
            Some(folder) => Work::at(folder.clone()),
            None => Work::of(&self.course()?.root),
        })
    }

    /// Everything that running lessons takes. Installs what the host lacks.
    pub fn lab(&self) -> Result<Lab<'_>, Error> {
        self.lab_with(&[])
    }

    /// The same, with optional needs of the host that a command cannot do
    /// without.
    pub fn lab_with(&self, also: &[&str]) -> Result<Lab<'_>, Error> {
        let cache = Cache::open()?;
        self.install(&cache, also)?;
        lab::vm::interrupt::listen().map_err(|source| Error::File {
            verb: "listen for signals by",
            path: "socketpair".into(),
            source,
        })?;
        Ok(Lab {
            course: self.course()?,
            cache,
            kernel: kernel::Options {
                source: self.kernel_source.clone(),
                jobs: std::thread::available_parallelism().map_or(1, usize::from),
                kind: kernel::Kind::Lesson,
            },
            progress: &self.ui,
        })
    }

    /// Installs what the host lacks, as far as that is allowed.
    fn install(&self, cache: &Cache, also: &[&str]) -> Result<(), Error> {
        let policy = if self.no_install {
            InstallPolicy::Refuse
        } else if std::io::stdin().is_terminal() {
            InstallPolicy::Ask
        } else {
            InstallPolicy::GoAhead
        };
        Ok(host::ensure(cache, also, policy, &self.ui, &ui::ask)?)
    }
}
