use clap::Args;
use lab::exercise::values::Seed;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show your progress
///
/// Example: cargo xtask progress
#[derive(Args)]
pub struct Progress {}

impl Progress {
    pub fn run(self, context: &Context) -> Result {
        let exercises = context.course()?.exercises(Seed::default())?;
        outln!("{}", context.work()?.overview(&exercises)?.trim_end());
        Ok(Outcome::SUCCESS)
    }
}
