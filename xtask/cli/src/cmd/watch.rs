use std::io::stdout;
use std::path::Path;

use clap::Args;
use lab::classroom::{FOLDER, Started, Work, choice};
use lab::error::Error;
use lab::exercise::attempt::Attempt;
use lab::exercise::submission::{Refused, Submission};
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample, report};
use lab::run::{Lab, Machine};
use story::render::ink::Inked;

use crate::context::Context;
use crate::outcome::{self, Outcome, Result};
use crate::screen::Screen;
use crate::ui::print;
use crate::watch::{Event, Events, HELP, Key};

/// Check your work whenever you save it
///
/// Keys: c checks again, for file systems that do not report changes; a shows the whole
/// report; t shows the task; h gives the next hint; s shows the solution, after a pass; n
/// goes to the next exercise; l lists them; q quits.
///
/// Example: cargo xtask watch lesson-1
#[derive(Args)]
pub struct Watch {
    /// lesson-1, 1 or sigchld [default: where you were, or after a pass the next one]
    lesson: Option<String>,
}

/// The state of the loop.
struct Watching<'a> {
    lab: &'a Lab<'a>,
    machine: &'a Machine,
    work: &'a Work,
    exercises: Vec<Exercise>,
    exercise: Exercise,
    /// The text that was checked last. Saving the same text again does not start a run.
    checked: Option<String>,
    attempt: Option<Attempt>,
    /// What is on the screen, without the keys.
    shown: Inked,
}

impl Watch {
    pub fn run(self, context: &Context) -> Result {
        outcome::silent_on_interrupt(self.watch(context))
    }

    fn watch(self, context: &Context) -> Result {
        let lab = context.lab("watch")?;
        let work = context.work()?;
        let lesson = context.lesson_or(self.lesson.as_deref(), choice::onward)?;
        let exercise = Exercise::read(&lesson, Seed::default())?;
        let exercises = lab.course.exercises(Seed::default())?;
        let machine = lab.machine()?;
        let mut events = Events::listen();
        let mut watching = Watching {
            lab: &lab,
            machine: &machine,
            work: &work,
            exercises,
            exercise,
            checked: None,
            attempt: None,
            shown: Inked::default(),
        };
        watching.begin(&mut events)?;
        loop {
            match events.next() {
                Event::Saved => watching.check(false)?,
                Event::Resumed => watching.show_again(),
                Event::Key(Key::Quit) | Event::End => return Ok(Outcome::SUCCESS),
                Event::Key(Key::Next) => {
                    let progress = work.progress()?;
                    match choice::next(&progress, &watching.exercises, &watching.exercise) {
                        None => {
                            let told = "there is no other exercise left to solve";
                            watching.show(told.to_owned().into());
                        }
                        Some(next) => {
                            watching.exercise = next.clone();
                            watching.begin(&mut events)?;
                        }
                    }
                }
                Event::Key(key) => watching.answer(key)?,
            }
        }
    }
}

type Done = std::result::Result<(), Error>;

impl Watching<'_> {
    /// Starts an exercise if it was not started yet, and checks it for the first time.
    fn begin(&mut self, events: &mut Events) -> Done {
        let is_new = match self.work.is_gone(&self.exercise) {
            true => false,
            false => self.work.start(&self.exercise)? == Started::Now,
        };
        let watched = events.watch(&self.work.folder(&self.exercise));
        (self.checked, self.attempt) = (None, None);
        self.check(true)?;
        if let Err(error) = watched {
            let told = format!("saves will not be noticed ({error}): press c to check\n");
            let mut text = Inked::from(told);
            text.append(self.shown.clone());
            self.show(text);
        } else if is_new {
            self.answer(Key::Task)?;
        }
        Ok(())
    }

    fn answer(&mut self, key: Key) -> Done {
        let text = match (key, &self.attempt) {
            (Key::Check, _) | (Key::All, None) => return self.check(true),
            (Key::All, Some(attempt)) => report::text(&self.exercise, attempt),
            (Key::Hint, _) => self.work.next_hint(&self.exercise)?.into(),
            (Key::List, _) => self.work.overview(&self.exercises)?.into(),
            (Key::Task, _) => self.task().into(),
            (Key::Solution, _) if self.work.progress()?.of(&self.exercise).passed() => {
                self.exercise.sample(&Sample::Solution).into()
            }
            (Key::Solution, _) => Inked::from(format!(
                "{} is not solved yet; `cargo xtask solution {0}` shows it all the same",
                self.exercise.lesson.name
            )),
            (Key::Help | Key::Next | Key::Quit, _) => self.shown.clone(),
        };
        self.show(text);
        Ok(())
    }

    fn task(&self) -> String {
        format!("{}\n\nyour file: {}", self.exercise.task.trim(), self.path())
    }

    /// The whole path of the student's file.
    fn path(&self) -> String {
        let file = self.work.file(&self.exercise);
        std::path::absolute(&file).unwrap_or(file).display().to_string()
    }

    fn check(&mut self, asked: bool) -> Done {
        let exercise = &self.exercise;
        let taken = Submission::take(&self.work.folder(exercise), exercise.file.name());
        let submission = match taken {
            Ok(submission) => submission,
            // An editor may be about to write the file.
            Err(refused) => {
                (self.checked, self.attempt) = (None, None);
                let told = match refused {
                    Refused::Missing { .. } => format!(
                        "{} is gone\nput it back, or quit, and `cargo xtask start` begins it again",
                        self.path()
                    ),
                    refused => refused.to_string(),
                };
                self.show(told.into());
                return Ok(());
            }
        };
        if !asked && self.checked.as_ref() == Some(&submission.text) {
            return Ok(());
        }
        let screen = Screen::of(&stdout());
        print(&format!("{}--- {}\n", screen.cleared(), exercise.lesson.name));
        let shown = Path::new(FOLDER).join(&submission.shown);
        let attempt = self.lab.attempt(self.machine, exercise, &shown, &submission.text)?;
        self.checked = Some(submission.text);
        self.work.remember(exercise, &attempt.marks)?;
        let (rows, columns) = screen.page();
        let (mut text, _) = report::screen(exercise, &attempt, rows, columns);
        match choice::next(&self.work.progress()?, &self.exercises, exercise) {
            _ if !attempt.marks.passed() => {}
            Some(next) => {
                text.push_str(&format!("Well done! n goes on with {}\n", next.lesson.name));
            }
            None => text.push_str("Well done! That was the last exercise.\n"),
        }
        self.attempt = Some(attempt);
        self.show(text);
        Ok(())
    }

    /// Replaces what is on the screen.
    fn show(&mut self, text: Inked) {
        self.shown = text;
        self.show_again();
    }

    fn show_again(&self) {
        let screen = Screen::of(&stdout());
        let shown = self.shown.for_terminal(screen.has_colours());
        print(&format!("{}{}\n{HELP}\n", screen.cleared(), shown.trim_end()));
    }
}
