use std::io::IsTerminal;

use clap::Args;
use host::confirm;
use lab::classroom::WorkError;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show the solution of an exercise, with its comments
///
/// After a pass it is shown at once. Before a pass the command asks first, and without a
/// terminal it needs `--yes`.
///
/// Example: cargo xtask solution lesson-1
#[derive(Args)]
pub struct Solution {
    /// lesson-1, 1 or sigchld
    lesson: String,

    /// Show it although the exercise is not solved
    #[arg(long)]
    yes: bool,
}

impl Solution {
    pub fn run(self, context: &Context) -> Result {
        let exercise = Exercise::read(&context.lesson(&self.lesson)?, Seed::default())?;
        let work = context.work()?;
        let mut progress = work.progress()?;
        if !progress.of(&exercise).passed() {
            let question = "the exercise is not solved yet; show the solution anyway?";
            let confirmed = self.yes || (std::io::stdin().is_terminal() && confirm(question));
            if !confirmed {
                return Err(WorkError::Unsolved { lesson: exercise.lesson.name.to_string() }.into());
            }
            progress.peeked(&exercise);
            work.save(&progress)?;
        }
        outln!("{}", exercise.sample(&Sample::Solution).trim_end());
        Ok(Outcome::SUCCESS)
    }
}
