use clap::Args;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, diff};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show the mistakes that an exercise knows, for teachers
///
/// Each is shown with the checks that it fails, the hint that answers it, and its
/// difference from the solution without the solution's comments.
///
/// Example: cargo xtask mutants lesson-1
#[derive(Args)]
pub struct Mutants {
    /// lesson-1, 1 or sigchld
    lesson: String,
}

impl Mutants {
    pub fn run(self, context: &Context) -> Result {
        let exercise = Exercise::read(&context.lesson(&self.lesson)?, Seed::default())?;
        outln!("{}", diff::text(&exercise).trim_end());
        Ok(Outcome::SUCCESS)
    }
}
