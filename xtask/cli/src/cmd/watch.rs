use std::path::Path;

use clap::Args;
use lab::classroom::{FOLDER, Work, WorkError, choice};
use lab::error::Error;
use lab::exercise::submission::Submission;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, report};
use lab::run::{Lab, Machine};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::paint;
use crate::ui::{self, outln, print};
use crate::watch::{Event, Events, HELP, Key};

/// Check your work whenever you save it
///
/// Keys: c checks again, for file systems that do not report changes; h gives the next
/// hint; n goes to the next exercise; l lists them; q quits.
///
/// Example: cargo xtask watch lesson-1
#[derive(Args)]
pub struct Watch {
    /// lesson-1, 1 or sigchld [default: the exercise that you are working on]
    lesson: Option<String>,
}

/// The state of the loop.
struct Watching<'a> {
    lab: &'a Lab<'a>,
    machine: &'a Machine,
    work: &'a Work,
    /// The text that was checked last. Saving the same text again does not start a run.
    checked: Option<String>,
}

impl Watch {
    pub fn run(self, context: &Context) -> Result {
        let lab = context.lab("watch")?;
        let work = context.work()?;
        let exercises = lab.course.exercises(Seed::default())?;
        let first = match &self.lesson {
            Some(asked) => Exercise::read(&context.lesson(asked)?, Seed::default())?,
            None => choice::current(&work, &work.progress()?, &exercises)
                .or(exercises.first())
                .ok_or(WorkError::NoExercise)?
                .clone(),
        };
        let machine = lab.machine()?;
        let mut events = Events::listen();
        let mut watching = Watching { lab: &lab, machine: &machine, work: &work, checked: None };
        let mut exercise = first;
        watching.begin(&exercise, &mut events)?;
        loop {
            match events.next() {
                Event::Saved => watching.check(&exercise, false)?,
                Event::Key(Key::Check) => watching.check(&exercise, true)?,
                Event::Key(Key::Hint) => outln!("{}", work.next_hint(&exercise)?),
                Event::Key(Key::List) => outln!("{}", work.overview(&exercises)?.trim_end()),
                Event::Key(Key::Next) => {
                    match choice::next(&work.progress()?, &exercises, &exercise) {
                        None => outln!("there is no other exercise left to solve"),
                        Some(next) => {
                            exercise = next.clone();
                            watching.begin(&exercise, &mut events)?;
                        }
                    }
                }
                Event::Key(Key::Help) => outln!("{HELP}"),
                Event::Key(Key::Quit) | Event::End => return Ok(Outcome::SUCCESS),
            }
        }
    }
}

impl Watching<'_> {
    /// Starts an exercise if it was not started yet, and checks it for the first time.
    fn begin(
        &mut self,
        exercise: &Exercise,
        events: &mut Events,
    ) -> std::result::Result<(), Error> {
        self.work.start(exercise)?;
        let folder = self.work.folder(exercise);
        if let Err(error) = events.watch(&folder) {
            outln!("saves will not be noticed ({error}): press c to check");
        }
        outln!("{}", exercise.task.trim());
        self.checked = None;
        self.check(exercise, true)
    }

    fn check(&mut self, exercise: &Exercise, asked: bool) -> std::result::Result<(), Error> {
        let taken = Submission::take(&self.work.folder(exercise), exercise.file.name());
        let submission = match taken {
            Ok(submission) => submission,
            // An editor may be about to write the file.
            Err(refused) => {
                outln!("{refused}");
                return Ok(());
            }
        };
        if !asked && self.checked.as_ref() == Some(&submission.text) {
            return Ok(());
        }
        outln!("\n--- {}", exercise.lesson.name);
        let shown = Path::new(FOLDER).join(&submission.shown);
        let attempt = self.lab.attempt(self.machine, exercise, &shown, &submission.text)?;
        self.checked = Some(submission.text);
        self.work.remember(exercise, &attempt.marks)?;
        let (rows, columns) = ui::screen();
        let screen = report::screen(exercise, &attempt, rows, columns);
        print(&paint::report(&screen, paint::is_wanted()));
        outln!("{HELP}");
        Ok(())
    }
}
