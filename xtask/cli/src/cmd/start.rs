use clap::Args;
use lab::classroom::{Started, choice};
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, StudentFile};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Start an exercise: copy its file and its task into `work/`
///
/// An existing file is left unchanged.
///
/// Example: cargo xtask start lesson-1
#[derive(Args)]
pub struct Start {
    /// lesson-1, 1 or sigchld [default: where you were, or after a pass the next one]
    lesson: Option<String>,
}

impl Start {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        let lesson = context.lesson_or(self.lesson.as_deref(), choice::onward)?;
        let exercise = Exercise::read(&lesson, Seed::default())?;
        let work = context.work()?;
        let started = work.start(&exercise)?;
        let knows_modules = context.write_for_editors(&work, None);
        let file = work.file(&exercise);
        let file = file.strip_prefix(&course.root).unwrap_or(&file).display();
        outln!("{}", exercise.task.trim());
        outln!("");
        let name = &lesson.name;
        match started {
            Started::Now => outln!("{file} is yours: fill in what is marked with TODO."),
            Started::Before => outln!("{file} already exists and was not changed."),
        }
        outln!("  cargo xtask check {name}   compiles, runs and judges it");
        outln!("  cargo xtask watch {name}   does so whenever you save");
        outln!("  cargo xtask hint {name}    gives the next hint");
        let root = work.root().strip_prefix(&course.root).unwrap_or(work.root()).display();
        match exercise.file {
            StudentFile::Program { .. } => {
                outln!(
                    "Open the folder {root}/ in an editor with rust-analyzer: it knows the crates."
                );
            }
            StudentFile::Module { .. } if knows_modules => {
                outln!("Open the folder {root}/ in an editor with clangd: it knows the headers.");
            }
            StudentFile::Module { .. } => {
                outln!("After the first check, an editor with clangd knows the headers.");
            }
        }
        Ok(Outcome::SUCCESS)
    }
}
