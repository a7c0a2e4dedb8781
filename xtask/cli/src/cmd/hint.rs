use clap::Args;
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
    /// lesson-1, 1 or sigchld
    lesson: String,
}

impl Hint {
    pub fn run(self, context: &Context) -> Result {
        let exercise = Exercise::read(&context.lesson(&self.lesson)?, Seed::default())?;
        outln!("{}", context.work()?.next_hint(&exercise)?);
        Ok(Outcome::SUCCESS)
    }
}
