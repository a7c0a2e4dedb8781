use clap::Args;
use lab::classroom::choice;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Give the next hint on an exercise; hints go from vague to nearly the answer
///
/// Example: cargo xtask hint lesson-1
#[derive(Args)]
pub struct Hint {
    /// lesson-1, 1 or sigchld [default: where you were]
    lesson: Option<String>,
}

impl Hint {
    pub fn run(self, context: &Context) -> Result {
        let lesson = context.lesson_or(self.lesson.as_deref(), choice::here)?;
        let exercise = Exercise::read(&lesson, Seed::default())?;
        outln!("{}", context.work()?.next_hint(&exercise)?);
        Ok(Outcome::SUCCESS)
    }
}
