//! The context that every command gets.

use std::path::PathBuf;

use builder::cache::Cache;
use builder::kernel::{self, Additions};
use builder::progress::Progress as _;
use host::{BY_TERMINAL, COMMANDS, InstallPolicy};
use lab::classroom::progress::Progress;
use lab::classroom::{Work, WorkError, editors};
use lab::course::Course;
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use lab::mine::Mine;
use lab::run::{Lab, Machine};
use story::lesson::Lesson;

use crate::ui::Ui;

pub struct Context {
    no_install: bool,
    kernel_source: Option<PathBuf>,
    course: PathBuf,
    work: Option<PathBuf>,
    pub ui: Ui,
}

/// Chooses an exercise for a student.
pub type Choose = for<'a> fn(&Work, &Progress, &'a [Exercise]) -> Option<&'a Exercise>;

impl Context {
    pub fn new(
        no_install: bool,
        kernel_source: Option<PathBuf>,
        course: Option<PathBuf>,
        work: Option<PathBuf>,
    ) -> Context {
        // Made absolute, because cargo and make run in other folders. If it does not
        // exist, opening it reports that.
        let course = course.unwrap_or_else(builder::root);
        let course = course.canonicalize().unwrap_or(course);
        Context { no_install, kernel_source, course, work, ui: Ui::new() }
    }

    pub fn course(&self) -> Result<Course, Error> {
        Ok(Course::open(&self.course)?)
    }

    /// The lesson that a person means.
    pub fn lesson(&self, asked: &str) -> Result<Lesson, Error> {
        let course = self.course()?;
        if let Some(told) = course.numbered_otherwise(asked) {
            self.ui.note(&told);
        }
        Ok(course.find(asked)?)
    }

    /// The lesson of the exercise that a student means: the one asked for, or the one that
    /// `choose` takes of all.
    pub fn lesson_or(&self, asked: Option<&str>, choose: Choose) -> Result<Lesson, Error> {
        if let Some(asked) = asked {
            return self.lesson(asked);
        }
        let (work, exercises) = (self.work()?, self.course()?.exercises(Seed::default())?);
        let chosen = choose(&work, &work.progress()?, &exercises).ok_or(WorkError::NoExercise)?;
        Ok(chosen.lesson.clone())
    }

    /// The student's module for a lesson, if it is wanted instead of the lesson's.
    pub fn mine(
        &self,
        is_wanted: bool,
        lab: &Lab<'_>,
        machine: &Machine,
        lesson: &Lesson,
    ) -> Result<Option<Mine>, Error> {
        is_wanted.then(|| lab.mine(machine, &self.work()?, lesson)).transpose()
    }

    /// The student's own files.
    pub fn work(&self) -> Result<Work, Error> {
        Ok(match &self.work {
            Some(folder) => Work::at(folder.clone()),
            None => Work::of(&self.course()?.root),
        })
    }

    /// Everything that a command needs. `command` is one of [`COMMANDS`]. Installs what
    /// the host lacks, as far as that is allowed.
    pub fn lab(&self, command: &str) -> Result<Lab<'_>, Error> {
        debug_assert!(COMMANDS.contains(&command), "the launcher has to know `{command}`");
        let cache = Cache::open()?;
        builder::host::ensure(&cache, command, InstallPolicy::new(self.no_install), &BY_TERMINAL)?;
        self.lab_in(cache)
    }

    fn lab_in(&self, cache: Cache) -> Result<Lab<'_>, Error> {
        process::interrupt::listen().map_err(Error::file("listen for signals by", "socketpair"))?;
        Ok(Lab {
            course: self.course()?,
            cache,
            kernel: kernel::Options {
                source: self.kernel_source.clone(),
                jobs: std::thread::available_parallelism().map_or(1, usize::from),
                ..kernel::Options::default()
            },
            progress: &self.ui,
        })
    }

    /// Writes what editors need for the student's files, as far as it is known without
    /// installing anything or building a kernel. The student's work does not depend on
    /// it, so a failure is only told. Returns whether modules are known too.
    pub fn write_for_editors(&self, work: &Work, machine: Option<&Machine>) -> bool {
        let written = || {
            let lab = self.lab_in(Cache::open()?)?;
            let found = match machine {
                Some(machine) => Some(machine.kernel.clone()),
                // A host without a compiler still has its programs.
                None => kernel::find(&lab.cache, &lab.kernel, &lab.kernel.fragments())
                    .unwrap_or_default(),
            };
            editors::write(&lab, work, found.as_ref())?;
            Ok::<bool, Error>(found.is_some())
        };
        written().unwrap_or_else(|e| {
            self.ui.note(&format!("failed to write what editors need: {e}"));
            false
        })
    }

    /// The same with a kernel that has more.
    pub fn lab_with(&self, command: &str, with: Additions) -> Result<Lab<'_>, Error> {
        let mut lab = self.lab(command)?;
        lab.kernel.with = with;
        Ok(lab)
    }
}
