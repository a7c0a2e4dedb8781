use clap::Args;
use lab::exercise::values::Seed;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show your progress
///
/// Example: cargo xtask progress
#[derive(Args)]
pub struct Progress {
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

impl Progress {
    pub fn run(self, context: &Context) -> Result {
        let exercises = context.course()?.exercises(Seed::default())?;
        let work = context.work()?;
        if self.json {
            outln!("{:#}", work.overview_json(&exercises)?);
        } else {
            outln!("{}", work.overview(&exercises)?.trim_end());
        }
        Ok(Outcome::SUCCESS)
    }
}
