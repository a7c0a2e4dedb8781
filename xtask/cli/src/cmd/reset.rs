use clap::Args;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Start an exercise again; your file is kept under another name
///
/// Example: cargo xtask reset lesson-1
#[derive(Args)]
pub struct Reset {
    /// lesson-1, 1 or sigchld
    lesson: String,
}

impl Reset {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        let exercise = Exercise::read(&context.lesson(&self.lesson)?, Seed::default())?;
        let work = context.work()?;
        let backup = work.reset(&exercise)?;
        let shown = backup.strip_prefix(&course.root).unwrap_or(&backup);
        outln!(
            "{} is the stub again; your file is kept as {}",
            exercise.file.name(),
            shown.display()
        );
        Ok(Outcome::SUCCESS)
    }
}
